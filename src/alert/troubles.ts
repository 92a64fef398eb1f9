import type { DiskStatus, GoneFootage, RefusedSegments } from '../contract/status.ts';
import type { Now } from './freshness.ts';
import type { JudgedEvent } from './incident.ts';

/** A condition that the operator must fix if it lasts. */
export interface Condition {
  /** Unique and stable over restarts, such as `bucket`. */
  readonly key: string;
  readonly active: boolean;
  /** Description, such as "footage does not reach the bucket: access denied". */
  readonly words: string;
  /** How long it must last before the operator is told. */
  readonly afterMs: number;
  /** When it began, milliseconds since 1970 UTC; when it was first seen, unless given. */
  readonly sinceMs?: number;
}

/** What is kept about a trouble that the operator was told of. */
export interface TroubleMemory {
  readonly sinceMs: number;
  readonly words: string;
}

export interface TroubleState {
  readonly told: ReadonlyMap<string, TroubleMemory>;
  /** Since when a condition differs from what was told; `at` in monotonic milliseconds. */
  readonly changing: ReadonlyMap<string, { readonly at: number; readonly wallMs: number }>;
}

/** How long a trouble must be over before the operator is told. */
const overAfterMs = 60_000;

export const beginWithTroubles = (told: ReadonlyMap<string, TroubleMemory>): TroubleState => ({
  told,
  changing: new Map(),
});

/** One step of judging what to tell the operator. Pure. */
export function judgeTroubles(
  state: TroubleState,
  now: Now,
  conditions: readonly Condition[],
): { readonly state: TroubleState; readonly events: readonly JudgedEvent[] } {
  const told = new Map(state.told);
  const changing = new Map<string, { at: number; wallMs: number }>();
  const events: JudgedEvent[] = [];
  for (const { key, active, words, afterMs, sinceMs } of conditions) {
    const memory = told.get(key);
    if (active === (memory !== undefined)) continue;
    const since = state.changing.get(key) ?? { at: now.at, wallMs: now.wallMs };
    changing.set(key, since);
    if (now.at - since.at < (active ? afterMs : overAfterMs)) continue;
    changing.delete(key);
    if (memory === undefined) {
      const began = { sinceMs: Math.min(sinceMs ?? since.wallMs, since.wallMs), words };
      told.set(key, began);
      events.push(trouble('trouble', words, began.sinceMs, now.wallMs));
    } else {
      told.delete(key);
      events.push(trouble('trouble-over', memory.words, memory.sinceMs, since.wallMs));
    }
  }
  return { state: { told, changing }, events };
}

const trouble = (
  kind: 'trouble' | 'trouble-over',
  detail: string,
  sinceMs: number,
  atMs: number,
): JudgedEvent => ({ kind, cameras: [], atMs, detail: detail.slice(0, 300), sinceMs });

/** The state of uploads to the bucket. */
export interface StoringStatus {
  /** End of the oldest footage that is not stored yet, milliseconds since 1970 UTC. */
  readonly oldestMs?: number;
  readonly failing?: { readonly sinceMs: number; readonly cause: string };
}

const storingAfterMs = 15 * 60_000;

/**
 * Active when footage has not reached the bucket for 15 minutes. If uploads are slow but don't
 * fail, the age of the waiting footage tells.
 */
export function storingCondition({ oldestMs, failing }: StoringStatus, nowMs: number): Condition {
  const base = { key: 'bucket', sinceMs: failing?.sinceMs ?? oldestMs ?? nowMs };
  const what = 'footage does not reach the bucket';
  if (failing !== undefined) {
    return { ...base, active: true, words: `${what}: ${failing.cause}`, afterMs: storingAfterMs };
  }
  const isOld = oldestMs !== undefined && nowMs - oldestMs >= storingAfterMs;
  // It must last a minute, so that setting the clock forward raises no alarm.
  return {
    ...base,
    active: isOld,
    words: `${what} in time: uploads are slower than footage comes`,
    afterMs: 60_000,
  };
}

/** What is wrong with the record of what is stored, so that it may be lost or has become so. */
export const ledgerCondition = (problem: string | undefined): Condition => ({
  key: 'ledger',
  active: problem !== undefined,
  words: problem ?? '',
  afterMs: 10_000,
});

/** This machine's clock is far off, or disagrees with the bucket's. */
export const clockCondition = (trouble: string | undefined): Condition => ({
  key: 'clock',
  active: trouble !== undefined,
  words: trouble ?? '',
  afterMs: 10_000,
});

/** The server has not kept up for a minute with what it is to record. */
export const overloadCondition = (trouble: string | undefined): Condition => ({
  key: 'overload',
  active: trouble !== undefined,
  words: trouble ?? '',
  afterMs: 60_000,
});

/** Active when the store has not taken a segment for 15 minutes, though it takes others. */
export function refusedCondition(refused: RefusedSegments | undefined): Condition {
  const key = 'segments refused';
  if (refused === undefined) return { key, active: false, words: '', afterMs: storingAfterMs };
  const { segments, camera, startMs, sinceMs, cause } = refused;
  const which = `${camera} of ${new Date(startMs).toISOString()}`;
  const more = segments === 1 ? '' : ` and ${segments - 1} more`;
  const words = `the bucket does not take the segment ${which}${more}; the others are stored: ${cause}`;
  return { key, active: true, words, afterMs: storingAfterMs, sinceMs };
}

/** How long the operator is kept in the know of what was found. */
const goneForMs = 24 * 3_600_000;

/** Active for a day from when stored footage was found to be gone from the bucket. */
export function goneCondition(gone: GoneFootage | undefined, nowMs: number): Condition {
  const key = 'footage gone';
  if (gone === undefined) return { key, active: false, words: '', afterMs: 0 };
  const { segments, durationMs, camera, startMs, noticedMs, detail } = gone;
  const minutes = Math.max(1, Math.round(durationMs / 60_000));
  const from = `${camera} from ${new Date(startMs).toISOString()} on`;
  return {
    key,
    active: nowMs - noticedMs < goneForMs,
    words: `stored footage is gone from the bucket, ${segments} segments (${minutes} minutes), of ${from}: ${detail}`,
    afterMs: 0,
    sinceMs: noticedMs,
  };
}

/** The disk is nearly full; it is full, so that footage is dropped or no longer recorded; or it can't be used. */
export function diskConditions({
  state,
  detail = '',
}: Pick<DiskStatus, 'state' | 'detail'>): Condition[] {
  const why = detail === '' ? '' : `: ${detail}`;
  return [
    {
      key: 'disk nearly full',
      active: state === 'nearly full' || state === 'full',
      words: `the disk of the spool is nearly full${why}`,
      afterMs: 30_000,
    },
    {
      key: 'disk full',
      active: state === 'full',
      words: `the disk of the spool is full${why}`,
      afterMs: 0,
    },
    {
      key: 'disk unusable',
      active: state === 'unusable',
      words: `nothing can be recorded: the disk of the spool can't be used${why}`,
      afterMs: 0,
    },
  ];
}
