import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { parseSegmentFileName, type Segment } from '../model/segment.ts';

export interface Usage {
  readonly files: number;
  readonly bytes: number;
  /** Start of the oldest segment, in ms since 1970 UTC; absent if there is none. */
  readonly oldestMs?: number;
}

export interface SpoolUsage extends Usage {
  readonly cameras: readonly (CameraName & Usage)[];
}

interface Shelf {
  readonly camera: CameraName;
  /** File name to size. If `sorted`, in the order of the names, which is the order of time. */
  files: Map<string, number>;
  sorted: boolean;
  /** No name in `files` is greater. */
  greatest: string;
  bytes: number;
}

/**
 * The names and sizes of the spool's files, kept in memory so that queries stay cheap even after a
 * long outage of the bucket. The directory is authoritative; the inventory follows it.
 */
export class Inventory {
  readonly #shelves = new Map<string, Shelf>();
  /** Paths of files being dropped: on disk, but not listed. */
  readonly #hidden = new Set<string>();
  readonly #pathOf: (camera: CameraName, name: string) => string;

  /** Counts removals. If it has grown since a file was looked at, that look may be stale. */
  departures = 0;

  constructor(pathOf: (camera: CameraName, name: string) => string) {
    this.#pathOf = pathOf;
  }

  has(camera: CameraName, name: string): boolean {
    return this.#shelves.get(formatCameraName(camera))?.files.has(name) ?? false;
  }

  get(camera: CameraName, name: string): Segment | undefined {
    const bytes = this.#shelves.get(formatCameraName(camera))?.files.get(name);
    return bytes === undefined ? undefined : this.#segment(camera, name, bytes);
  }

  /** @returns the segment if it is new; undefined if it is already listed, hidden or misnamed. */
  add(camera: CameraName, name: string, bytes: number): Segment | undefined {
    const segment = this.#segment(camera, name, bytes);
    if (segment === undefined || this.has(camera, name)) return undefined;
    if (this.#hidden.has(segment.path)) return undefined;
    const key = formatCameraName(camera);
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) {
      shelf = { camera: { ...camera }, files: new Map(), sorted: true, greatest: '', bytes: 0 };
      this.#shelves.set(key, shelf);
    }
    if (name > shelf.greatest) shelf.greatest = name;
    else shelf.sorted = false;
    shelf.files.set(name, bytes);
    shelf.bytes += bytes;
    return segment;
  }

  /** @returns the segment if it was listed. */
  remove(camera: CameraName, name: string): Segment | undefined {
    this.departures += 1;
    const key = formatCameraName(camera);
    const shelf = this.#shelves.get(key);
    const bytes = shelf?.files.get(name);
    if (shelf === undefined || bytes === undefined) return undefined;
    shelf.files.delete(name);
    shelf.bytes -= bytes;
    if (shelf.files.size === 0) this.#shelves.delete(key);
    return this.#segment(camera, name, bytes);
  }

  /** The oldest segment of a camera for which `accept` is true. */
  oldest(camera: CameraName, accept: (segment: Segment) => boolean): Segment | undefined {
    for (const segment of this.#inOrder(this.#shelves.get(formatCameraName(camera)))) {
      if (accept(segment)) return segment;
    }
    return undefined;
  }

  /** The oldest segment of all cameras for which `accept` is true. */
  oldestOfAll(accept: (segment: Segment) => boolean): Segment | undefined {
    let oldest: Segment | undefined;
    for (const camera of this.cameras()) {
      const segment = this.oldest(camera, accept);
      if (segment !== undefined && !(segment.startMs >= (oldest?.startMs ?? Infinity))) {
        oldest = segment;
      }
    }
    return oldest;
  }

  /** Keeps the file at this path from being added until the result is disposed. */
  hide(path: string): Disposable {
    this.#hidden.add(path);
    return {
      [Symbol.dispose]: () => {
        this.departures += 1;
        this.#hidden.delete(path);
      },
    };
  }

  get bytes(): number {
    let bytes = 0;
    for (const shelf of this.#shelves.values()) bytes += shelf.bytes;
    return bytes;
  }

  cameras(): CameraName[] {
    return [...this.#shelves.values()].map(({ camera }) => camera);
  }

  names(camera: CameraName): string[] {
    return [...(this.#shelves.get(formatCameraName(camera))?.files.keys() ?? [])];
  }

  /** All segments, the oldest first. */
  all(): Segment[] {
    const segments: Segment[] = [];
    for (const shelf of this.#shelves.values()) {
      for (const segment of this.#inOrder(shelf)) segments.push(segment);
    }
    return segments.sort((a, b) => a.startMs - b.startMs);
  }

  usage(): SpoolUsage {
    const cameras: (CameraName & Usage)[] = [];
    let files = 0;
    let bytes = 0;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const shelf of this.#shelves.values()) {
      const first = this.#inOrder(shelf).next().value;
      if (first === undefined) continue;
      cameras.push({
        ...shelf.camera,
        files: shelf.files.size,
        bytes: shelf.bytes,
        oldestMs: first.startMs,
      });
      files += shelf.files.size;
      bytes += shelf.bytes;
      oldestMs = Math.min(oldestMs, first.startMs);
    }
    return files === 0 ? { files, bytes, cameras } : { files, bytes, oldestMs, cameras };
  }

  *#inOrder(shelf: Shelf | undefined): Generator<Segment, undefined> {
    if (shelf === undefined) return;
    if (!shelf.sorted) {
      shelf.files = new Map([...shelf.files].sort(([a], [b]) => (a < b ? -1 : 1)));
      shelf.sorted = true;
    }
    for (const [name, bytes] of shelf.files) {
      const segment = this.#segment(shelf.camera, name, bytes);
      if (segment !== undefined) yield segment;
    }
  }

  #segment(camera: CameraName, name: string, bytes: number): Segment | undefined {
    const identity = parseSegmentFileName(camera, name);
    return identity && { ...identity, path: this.#pathOf(camera, name), bytes };
  }
}
