import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { Segment } from '../model/segment.ts';

/** What the queue asks of the spool. The queue keeps no list itself, since very much may wait. */
export interface Backlog {
  cameras(): CameraName[];
  oldest(camera: CameraName, accept: (segment: Segment) => boolean): Segment | undefined;
}

/**
 * The order in which segments are uploaded. Two lanes take turns. One holds the newest segment of
 * each camera, in the order of announcement, so that recent footage is safe soon, whatever waits.
 * The other is the backlog: cameras take turns, each with its oldest segment, so that no camera's
 * backlog delays another's.
 */
export class UploadQueue {
  readonly #backlog: Backlog;
  readonly #newest = new Map<string, Segment>();
  #newestFirst = false;
  #lastServed = '';

  constructor(backlog: Backlog) {
    this.#backlog = backlog;
  }

  /** A segment has been added to the spool. */
  announce(segment: Segment): void {
    const camera = formatCameraName(segment);
    const known = this.#newest.get(camera);
    // The segment that it replaces waits in the backlog. The camera keeps its place in the queue.
    if (known === undefined || known.startMs < segment.startMs) this.#newest.set(camera, segment);
  }

  /** A segment has left the spool. */
  forget(segment: Segment): void {
    const camera = formatCameraName(segment);
    if (this.#newest.get(camera)?.path === segment.path) this.#newest.delete(camera);
  }

  /** The next segment for which `accept` is true. */
  next(accept: (segment: Segment) => boolean): Segment | undefined {
    this.#newestFirst = !this.#newestFirst;
    return this.#newestFirst
      ? (this.#nextNewest(accept) ?? this.#nextOldest(accept))
      : (this.#nextOldest(accept) ?? this.#nextNewest(accept));
  }

  #nextNewest(accept: (segment: Segment) => boolean): Segment | undefined {
    for (const [camera, segment] of this.#newest) {
      // A segment that is not accepted is under way or was tried: it counts as backlog from now on.
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
