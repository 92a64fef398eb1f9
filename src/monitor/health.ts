import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import { within } from '../lib/until.ts';
import type { CameraStatus } from '../contract/cameras.ts';
import type { SpoolStatus, UploadStatus, Verdict } from '../contract/status.ts';

export interface HealthOptions {
  readonly clock: Clock;
  /** Where cameras dial in; undefined before they can. */
  readonly tunnelAddress: () => { readonly host: string; readonly port: number } | undefined;
  readonly fleet: () => readonly CameraStatus[];
  /** `begun`: uploads begun since the start, successful or not. */
  readonly uploads: () => UploadStatus & { readonly begun: number };
  readonly spool: () => Pick<SpoolStatus, 'disk'>;
  /** Why only a new process could record; undefined if that isn't so. */
  readonly needsRestart: () => string | undefined;
  /** What else keeps footage from being kept or noted, and would be no better after a restart. */
  readonly troubles: () => readonly (string | undefined)[];
  /** An archiver without new footage for this long ends itself. */
  readonly stallMs: number;
  /** Between two looks; 5 s unless given. */
  readonly everyMs?: number;
}

/** The daemon's own health, checked every few seconds. */
export interface Health extends AsyncDisposable {
  /**
   * Whether the daemon works. A restart would mend each problem here; an unreachable bucket, a full
   * disk, a ledger that can't be written or an offline camera is not one.
   */
  health(): Verdict;
  /**
   * Whether cameras are taken and their footage is kept and noted, in the bucket or at least in the spool. It
   * has all problems of health, and some that a restart would not mend.
   */
  readiness(): Verdict;
}

const resolutionMs = 20;
const answerMs = 10_000;
/** A busy event loop is late by some milliseconds; one that is late by this much is blocked. */
const standstillMs = 2_000;
/** An uploader looks for segments each minute, even while the bucket is out of reach. */
const uploaderIdleMs = 5 * 60_000;
/** A long segment on a slow line may take nearly as long. An upload without progress fails far sooner. */
const uploadStuckMs = 30 * 60_000;
/** On top of the time after which an archiver without footage ends itself. */
const archiverGraceMs = 2 * 60_000;

/** How long values have been unchanged, on the monotonic clock. */
class Unchanged {
  readonly #since = new Map<string, { readonly value: unknown; readonly atMs: number }>();

  /** How long `key` has been seen with this value. */
  forMs(key: string, value: unknown, nowMs: number): number {
    const known = this.#since.get(key);
    if (known !== undefined && known.value === value) return nowMs - known.atMs;
    this.#since.set(key, { value, atMs: nowMs });
    return 0;
  }

  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#since.keys()) if (!keys.has(key)) this.#since.delete(key);
  }
}

/** Checks the daemon's parts until it is disposed of. Everything counts as healthy before the first check. */
export function startHealth(options: HealthOptions): Health {
  const { clock, everyMs = 5_000 } = options;
  const life = new Scope();
  const footage = new Unchanged();
  const uploads = new Unchanged();
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let problems: readonly string[] = [];
  let stuck: string | undefined;

  const look = async (): Promise<void> => {
    // The histogram counts its own timer as delay, and has no mean without samples.
    const delayMs = Number.isNaN(histogram.mean) ? 0 : histogram.mean / 1e6 - resolutionMs;
    histogram.reset();
    const address = options.tunnelAddress();
    const tunnel = address && (await tunnelProblem(address, life.signal));
    const now = clock.now();
    stuck = stuckUploadProblem(options.uploads(), uploads, now);
    problems = [
      delayMs > standstillMs
        ? `the event loop is held up by ${Math.round(delayMs)} ms on average`
        : undefined,
      tunnel,
      uploaderProblem(options.uploads(), uploads, now),
      archiverProblem(options.fleet(), options.stallMs + archiverGraceMs, footage, now),
    ].filter((problem) => problem !== undefined);
  };

  const looking = (async () => {
    while (!life.signal.aborted) {
      try {
        await look();
      } catch (error) {
        if (!life.signal.aborted) problems = [`health can't be told: ${describeError(error)}`];
      }
      await clock.sleep(everyMs, life.signal);
    }
  })();

  return {
    health: () => verdict(present([...problems, options.needsRestart()])),
    readiness: () =>
      verdict(
        present([
          ...problems,
          options.needsRestart(),
          stuck,
          keepingProblem(options),
          ...options.troubles(),
        ]),
      ),
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await looking;
      histogram.disable();
    },
  };
}

const present = (problems: readonly (string | undefined)[]): string[] =>
  problems.filter((problem) => problem !== undefined);

const verdict = (problems: readonly string[]): Verdict => ({ ok: problems.length === 0, problems });

async function tunnelProblem(
  { host, port }: { readonly host: string; readonly port: number },
  parent: AbortSignal,
): Promise<string | undefined> {
  try {
    await within(answerMs, 'an answer', parent, (signal) => knock(loopbackOf(host), port, signal));
    return undefined;
  } catch (error) {
    if (parent.aborted) return undefined;
    return `the SSH server that cameras dial in to does not answer: ${describeError(error)}`;
  }
}

/** Where this machine reaches its own listener, also one that listens on all addresses. */
export const loopbackOf = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

/**
 * Resolves when an SSH server sends its first bytes or hangs up: hanging up is how it refuses
 * strangers during an attack.
 */
function knock(host: string, port: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    const done = (): void => {
      socket.destroy();
      resolve();
    };
    socket.once('data', done);
    socket.once('end', done);
    socket.on('error', reject);
  });
}

/** Segments wait, and no upload begins. Uploads that begin and fail are the bucket's trouble. */
function uploaderProblem(
  { uploading, waiting, begun }: ReturnType<HealthOptions['uploads']>,
  seen: Unchanged,
  nowMs: number,
): string | undefined {
  const idleMs = seen.forMs('begun', waiting > 0 && uploading === 0 ? begun : undefined, nowMs);
  if (waiting === 0 || uploading > 0 || idleMs < uploaderIdleMs) return undefined;
  return `no upload was begun for ${Math.round(idleMs / 60_000)} minutes though ${waiting} segments wait`;
}

/** Uploads neither succeed nor fail. It may be the line, and then a restart would begin them all again. */
function stuckUploadProblem(
  { uploading, begun, stored }: ReturnType<HealthOptions['uploads']>,
  seen: Unchanged,
  nowMs: number,
): string | undefined {
  const ended = uploading === 0 ? undefined : `${begun} ${uploading} ${stored}`;
  const stuckMs = seen.forMs('ended', ended, nowMs);
  if (uploading === 0 || stuckMs < uploadStuckMs) return undefined;
  return `none of the ${uploading} uploads under way has ended for ${Math.round(stuckMs / 60_000)} minutes`;
}

/** A single archiver may stall for its own reasons; if most stall at once, it is the daemon. */
function archiverProblem(
  fleet: readonly CameraStatus[],
  limitMs: number,
  seen: Unchanged,
  nowMs: number,
): string | undefined {
  const running = fleet.filter(({ archiver }) => archiver !== undefined);
  const keys = running.map((one) => `${formatCameraName(one)} ${one.archiver?.pid}`);
  const still = running.filter(
    (one, index) => seen.forMs(keys[index] ?? '', one.lastFootageAtMs, nowMs) > limitMs,
  );
  seen.keepOnly(new Set(keys));
  if (still.length * 2 <= running.length) return undefined;
  return `${still.length} of ${running.length} archivers have recorded nothing for ${Math.round(limitMs / 60_000)} minutes and were not replaced`;
}

function keepingProblem({ uploads, spool }: HealthOptions): string | undefined {
  const { failing } = uploads();
  const { state, isFull, detail } = spool().disk;
  const why = detail === undefined ? '' : ` (${detail})`;
  if (failing !== undefined && state === 'full') {
    return `footage is not kept: the bucket can't be used (${failing.cause}) and the spool is full${why}`;
  }
  return isFull ? `nothing is recorded: the disk of the spool is ${state}${why}` : undefined;
}
