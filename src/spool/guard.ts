import type { DiskStatus } from '../contract/status.ts';
import { open, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import { DiskFullError, DiskUnusableError } from '../lib/disk-full.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { explainTrouble, isDiskTrouble, isWantOfRoom } from './disk-trouble.ts';
import {
  type Bound,
  boundsOf,
  checkReserve,
  type DiskLimits,
  defaultReserve,
  type Measure,
} from './limits.ts';
import type { Home, HomeTrouble } from './home.ts';
import { bytesBelow } from './measure.ts';
import { Spare } from './spare.ts';
import { roughly, Trend } from './trend.ts';

export interface GuardOptions {
  readonly directory: string;
  readonly limits: DiskLimits;
  readonly log: Log;
  readonly gate: FloodGate;
  readonly clock: Clock;
  /** Shortest time between two measurements. */
  readonly everyMs: number;
  readonly readyBytes: () => number;
  readonly dropper: Dropping;
  readonly home: Pick<Home, 'trouble'>;
}

/** Takes segments out of the spool for good. Its methods don't reject. */
export interface Dropping {
  readonly dropped: { readonly files: number; readonly bytes: number };
  /** Size of the segments that are being dropped but not yet deleted. */
  readonly pendingBytes: number;
  /** Finishes the pending drops. @returns whether none is left. */
  finish(): Promise<boolean>;
  /** @returns the segment's bytes; undefined if nothing can be dropped now. */
  dropOldest(): Promise<number | undefined>;
}

/** Measuring takes about a twentieth of all time at most. */
const measuringShare = 20;

/** Size of the test write to a disk that has refused a write. */
const probeBytes = 256 * 1024;
export const probeName = 'probe';

const advice =
  'see that uploads work (cctv status), raise spool.budgetGigabytes or give the spool a larger disk';
const unusableHint =
  'nothing is recorded until the disk can be used: mount it, mend its owner and mode, or restart the daemon to use what is there now';
const hints = {
  'keep-newest': `${advice}; while it is full, the oldest footage that is not in the bucket is dropped`,
  'keep-oldest': `${advice}; while it is full, nothing is recorded`,
};

/**
 * Watches the spool's disk. Warns before it is full. When it is full, drops the oldest segments, or
 * has recording stop until there is room.
 */
export class DiskGuard {
  readonly #options: GuardOptions;
  readonly #policy: 'keep-newest' | 'keep-oldest';
  readonly #scope = new Scope();
  readonly #waiting = new Set<() => void>();
  readonly #trend: Trend;
  #reserveBytes = 0;
  #spare: Spare | undefined;
  #measure: Measure = {
    recordingBytes: 0,
    damagedBytes: 0,
    usedBytes: 0,
    freeBytes: 0,
  };
  #state: DiskStatus['state'] = 'ok';
  #detail: string | undefined;
  /** Whether the disk needs a test write, and why the last test write failed. */
  #inDoubt = false;
  #trouble: { readonly words: string; readonly isFull: boolean } | undefined;
  /** Why the directory can't be used at all. */
  #homeTrouble: HomeTrouble | undefined;
  #wake: () => void = () => {};
  #stopped = false;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#policy = options.limits.whenFull ?? 'keep-newest';
    this.#trend = new Trend(options.everyMs * 5);
  }

  /** Whether recording must stop. */
  get isFull(): boolean {
    return this.#stopped;
  }

  /** Why recording must stop; undefined if it need not. */
  get whyStopped(): Error | undefined {
    if (!this.#stopped) return undefined;
    const words = this.#detail ?? 'the disk is full';
    return this.#state === 'unusable' ? new DiskUnusableError(words) : new DiskFullError(words);
  }

  /** Why only a new process could record here; undefined if that isn't so. */
  get needsRestart(): string | undefined {
    return this.#homeTrouble?.restartHelps === true ? this.#homeTrouble.words : undefined;
  }

  get status(): DiskStatus {
    const { budgetBytes } = this.#options.limits;
    const { files, bytes } = this.#options.dropper.dropped;
    const { usedBytes, recordingBytes, damagedBytes, freeBytes } = this.#measure;
    const isFilling = this.#state === 'ok' || this.#state === 'nearly full';
    const lastsMs = isFilling ? this.#trend.lastsMs : undefined;
    return {
      state: this.#state,
      isFull: this.isFull,
      detail: this.#detail,
      whenFull: this.#policy,
      usedBytes,
      recordingBytes,
      damagedBytes,
      freeBytes,
      reserveBytes: this.#reserveBytes,
      budgetBytes,
      lastsMs,
      dropped: { files, bytes },
    };
  }

  /** Resolves when there is room to record, or `signal` aborts. */
  whenRoom(signal: AbortSignal): Promise<void> {
    return this.#until(false, signal);
  }

  /**
   * Rejects with {@link DiskFullError} or {@link DiskUnusableError} when recording must stop;
   * resolves when `signal` aborts.
   */
  async whenFull(signal: AbortSignal): Promise<void> {
    await this.#until(true, signal);
    if (this.whyStopped !== undefined && !signal.aborted) throw this.whyStopped;
  }

  /**
   * Notes that a write to the spool failed, and looks at the disk at once. A disk that takes no
   * writes (quota, no inodes, read-only) takes no footage until it does again, however many free
   * bytes it reports.
   */
  noteTrouble(error: unknown): void {
    if (isDiskTrouble(error)) this.#inDoubt = true;
    this.#wake();
  }

  /**
   * Measures once, then keeps measuring in the background.
   *
   * @throws OperatorError if the disk is too small for the limits.
   */
  async start(): Promise<void> {
    const { directory, limits } = this.#options;
    const { blocks, bsize } = await statfs(directory);
    this.#reserveBytes = limits.reserveBytes ?? defaultReserve(blocks * bsize);
    checkReserve(directory, this.#reserveBytes, blocks * bsize);
    this.#spare = new Spare(directory, this.#reserveBytes);
    await this.#look();
    this.#loop = this.#run();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scope.end();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { clock, everyMs } = this.#options;
    let tookMs = 0;
    for (;;) {
      using pause = new Scope(this.#scope.signal);
      this.#wake = () => pause.end();
      if (!this.#inDoubt || this.#trouble !== undefined) {
        await clock.sleep(Math.max(everyMs, tookMs * measuringShare), pause.signal);
      }
      if (this.#scope.signal.aborted) return;
      const startedAt = clock.now();
      await this.#look();
      tookMs = clock.now() - startedAt;
      await this.#makeRoom();
    }
  }

  async #look(): Promise<void> {
    const { directory, readyBytes, dropper, clock, home } = this.#options;
    this.#homeTrouble = await home.trouble();
    // What is at the path may be another disk, which must not be measured or written to.
    if (this.#homeTrouble !== undefined) return this.#settle();
    // Counted first, so that a file published meanwhile is not counted twice.
    const ready = readyBytes() + dropper.pendingBytes;
    const recordingBytes = await this.#bytesIn('recording', this.#measure.recordingBytes);
    const damagedBytes = await this.#bytesIn('damaged', this.#measure.damagedBytes);
    try {
      const { bavail, bsize } = await statfs(directory);
      const usedBytes = ready + recordingBytes + damagedBytes;
      const freeBytes = bavail * bsize;
      this.#measure = { recordingBytes, damagedBytes, usedBytes, freeBytes };
      this.#trend.note(clock.now(), this.#bounds()[0]?.room ?? 0);
    } catch (error) {
      this.#complain(error);
    }
    if (this.#inDoubt) await this.#probe();
    this.#settle();
    const hasRoom = this.#state === 'ok';
    await this.#spare
      ?.tend(this.#measure.freeBytes, hasRoom)
      .catch((error: unknown) => this.#complain(error));
  }

  async #bytesIn(name: string, before: number): Promise<number> {
    try {
      return await bytesBelow(join(this.#options.directory, name));
    } catch (error) {
      this.#complain(error);
      return before;
    }
  }

  /** Finds out with a test write whether the disk takes writes. */
  async #probe(): Promise<void> {
    const path = join(this.#options.directory, probeName);
    try {
      await using handle = await open(path, 'w', 0o600);
      await handle.writeFile(Buffer.alloc(probeBytes));
      await handle.sync();
      this.#inDoubt = false;
      this.#trouble = undefined;
    } catch (error) {
      this.#trouble = {
        words: explainTrouble(error) ?? describeError(error),
        isFull: isWantOfRoom(error),
      };
    } finally {
      await rm(path, { force: true }).catch((error: unknown) => this.#complain(error));
    }
  }

  async #makeRoom(): Promise<void> {
    const { dropper } = this.#options;
    if (this.#homeTrouble !== undefined) return;
    const isClear = await dropper.finish();
    if (this.#policy === 'keep-oldest') return;
    // The disk may report dropped bytes as free only later, so we count them ourselves and stop in
    // time.
    let excess = this.#excess();
    while (isClear && excess > 0 && !this.#scope.signal.aborted) {
      const bytes = await dropper.dropOldest();
      if (bytes === undefined) break;
      excess -= bytes;
    }
    if (excess > 0 && this.#bounds().some(({ room }) => room < 0)) this.#settle(true);
  }

  /** How many bytes must be dropped to make room. */
  #excess(): number {
    const wanted = ({ againAbove }: Bound): number => (this.#stopped ? againAbove + 1 : 0);
    // A quota or missing inodes don't tell how many bytes are too many: drop one segment at a time.
    const unknown = this.#trouble?.isFull === true ? 1 : 0;
    return Math.max(unknown, ...this.#bounds().map((bound) => wanted(bound) - bound.room));
  }

  #bounds(): Bound[] {
    return boundsOf(this.#measure, this.#reserveBytes, this.#options.limits.budgetBytes);
  }

  /** @param noWayOut whether there is too much in the spool and nothing can be dropped */
  #settle(noWayOut = false): void {
    const bounds = this.#bounds();
    const isOver = bounds.some(({ room }) => room < 0);
    const hasRoom = bounds.every(({ room, againAbove }) => room > againAbove);
    const before = this.#mode;
    const trouble = this.#homeTrouble ?? this.#trouble;
    const isUnusable = this.#homeTrouble !== undefined || this.#trouble?.isFull === false;
    this.#stopped =
      trouble !== undefined ||
      noWayOut ||
      (this.#policy === 'keep-oldest' && isOver) ||
      (this.#stopped && !hasRoom);
    // Hysteresis: a warning ends only once there is clearly more room than when it began.
    const slack = this.#state === 'ok' ? 1 : 1.25;
    const isNear = bounds.some(({ room, warnBelow }) => room < warnBelow * slack);
    const staysFull = this.#state === 'full' && !hasRoom;
    const isFull = this.#stopped || isOver || staysFull;
    this.#state = isUnusable ? 'unusable' : isFull ? 'full' : isNear ? 'nearly full' : 'ok';
    this.#detail = this.#state === 'ok' ? undefined : (trouble?.words ?? bounds[0]?.what);
    if (this.#mode !== before) this.#announce(before);
    for (const check of Array.from(this.#waiting)) check();
  }

  get #mode(): 'ok' | 'nearly full' | 'dropping' | 'stopped' {
    if (this.#stopped || this.#state === 'unusable') return 'stopped';
    return this.#state === 'full' ? 'dropping' : this.#state;
  }

  #announce(before: string): void {
    const { log } = this.#options;
    const { lastsMs } = this.status;
    const hint = this.#state === 'unusable' ? unusableHint : hints[this.#policy];
    const fields = { cause: this.#detail, hint };
    switch (this.#mode) {
      case 'stopped':
        log.error('the spool takes no more footage; recording stops until it does', fields);
        return;
      case 'dropping':
        if (before === 'stopped') log.info('the spool takes footage again');
        else log.error('the spool is full; its oldest footage is dropped', fields);
        return;
      case 'nearly full':
        if (before !== 'ok') log.info('the spool has room again', { detail: this.#detail });
        else {
          const lasts = lastsMs === undefined ? {} : { lasts: roughly(lastsMs) };
          log.warn('the spool is nearly full', { ...fields, ...lasts });
        }
        return;
      case 'ok':
        log.info('the spool has room again');
    }
  }

  async #until(isFull: boolean, signal: AbortSignal): Promise<void> {
    using scope = new Scope(signal, this.#scope.signal);
    if (this.isFull === isFull || scope.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.isFull !== isFull && !scope.signal.aborted) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      scope.signal.addEventListener('abort', check, { once: true });
    });
  }

  #complain(error: unknown): void {
    this.#options.gate.warn(`disk ${errorCode(error)}`, "the spool's disk can't be looked after", {
      cause: describeError(error),
      hint: explainTrouble(error),
    });
  }
}
