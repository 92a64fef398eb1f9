import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { Segment } from '../model/segment.ts';

/** What the queue asks of the spool: it keeps no list of its own, however much waits there. */
export interface Backlog {
  cameras(): CameraName[];
  oldest(camera: CameraName, accept: (segment: Segment) => boolean): Segment | undefined;
}

/**
 * In which order segments are uploaded. Two lanes take turns: the newest segment of each camera, as
 * they were announced, so that what just happened is safe soon whatever waits; and the backlog, in
 * which cameras take turns, each with its oldest, so that one camera's backlog is not another's.
 */
export class UploadQueue {
  readonly #backlog: Backlog;
  readonly #newest = new Map<string, Segment>();
  #newestFirst = false;
  #lastServed = '';

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** A segment has come. */
  announce(segment: Segment): void {
    const camera = formatCameraName(segment);
    const known = this.#newest.get(camera);
    // What it takes the place of waits in the backlog. The camera keeps its place in the line.
    if (known === undefined || known.startMs < segment.startMs) this.#newest.set(camera, segment);
  }

  /** A segment has gone. */
  forget(segment: Segment): void {
    const camera = formatCameraName(segment);
    if (this.#newest.get(camera)?.path === segment.path) this.#newest.delete(camera);
  }

  /** The next one of those that `accept` takes. */
  next(accept: (segment: Segment) => boolean): Segment | undefined {
    this.#newestFirst = !this.#newestFirst;
    return this.#newestFirst
      ? (this.#nextNewest(accept) ?? this.#nextOldest(accept))
      : (this.#nextOldest(accept) ?? this.#nextNewest(accept));
  }

  #nextNewest(accept: (segment: Segment) => boolean): Segment | undefined {
    for (const [camera, segment] of this.#newest) {
      // One that is not accepted is under way or was tried: from now on it is of the backlog.
      this.#newest.delete(camera);
      if (accept(segment)) return segment;
    }
    return undefined;
  }

  #nextOldest(accept: (segment: Segment) => boolean): Segment | undefined {
    const cameras = this.#backlog.cameras();
    const after = cameras.findIndex((camera) => formatCameraName(camera) === this.#lastServed) + 1;
    for (let turn = 0; turn < cameras.length; turn += 1) {
      const camera = cameras[(after + turn) % cameras.length];
      const segment = camera && this.#backlog.oldest(camera, accept);
      if (segment !== undefined) {
        this.#lastServed = formatCameraName(segment);
        return segment;
      }
    }
    return undefined;
  }
}
