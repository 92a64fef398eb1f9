import { OperatorError } from '../lib/errors.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import { HttpError } from '../lib/http-error.ts';
import { Slots } from '../lib/slots.ts';

/** How long a picture is cached. */
const freshMs = 8_000;
/** Limit on pictures taken at a time, over all cameras. */
const atOnce = 3;
const maxWaiting = 100;
const maxKept = 1_000;

interface Kept {
  readonly atMs: number;
  readonly picture: Promise<Buffer>;
}

/** Current pictures of cameras: simultaneous requests for a camera share one picture. */
export class Pictures implements AsyncDisposable {
  readonly #take: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>;
  readonly #life = new Scope();
  readonly #slots = new Slots(atOnce, maxWaiting);
  readonly #kept = new Map<string, Kept>();

  constructor(take: (camera: CameraName, signal: AbortSignal) => Promise<Buffer>) {
    this.#take = take;
  }

  /** @throws {HttpError} 404 while no picture can be taken */
  async get(camera: CameraName): Promise<Buffer> {
    const name = formatCameraName(camera);
    const kept = this.#kept.get(name);
    if (kept !== undefined && performance.now() - kept.atMs < freshMs) return kept.picture;
    const picture = this.#slots
      .run(() => this.#take(camera, this.#life.signal))
      .then(
        (jpeg) => {
          // A picture's age counts from its arrival, not from its request.
          this.#kept.set(name, { atMs: performance.now(), picture });
          return jpeg;
        },
        (error: unknown) => {
          if (this.#kept.get(name)?.picture === picture) this.#kept.delete(name);
          if (!(error instanceof OperatorError)) throw error;
          throw new HttpError(404, 'There is no picture of it now.', { cause: error });
        },
      );
    // Until the picture arrives, further requests wait for it.
    this.#kept.delete(name);
    this.#kept.set(name, { atMs: Infinity, picture });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
    return picture;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.end(new Error('the daemon is stopping'));
    await Promise.allSettled([...this.#kept.values()].map(({ picture }) => picture));
  }
}
