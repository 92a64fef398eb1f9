import type { Now } from './freshness.ts';
import { type CameraInput, camerasEvent, type EventCamera, type JudgedEvent } from './incident.ts';

/** What is kept of a camera whose account was told of its slow line. */
export interface SlowLineMemory {
  /** When the line was last seen slow, not more than an hour off: milliseconds since 1970 UTC. */
  readonly lastSlowMs: number;
}

/** A stretch of time in which a line was slow again and again. */
interface Spell {
  /** When it began and when the line was last slow, in monotonic milliseconds. */
  readonly beganAt: number;
  readonly slowAt: number;
  /** When it began, in milliseconds since 1970 UTC. */
  readonly beganMs: number;
}

export interface SlowLineState {
  readonly told: ReadonlyMap<number, SlowLineMemory>;
  readonly spells: ReadonlyMap<number, Spell>;
}

/** A line that is slow for so long is worth a message. */
const tellAfterMs = 5 * 60_000;
/** A line that is well for so long ends the spell. */
const spellEndsAfterMs = 60_000;
/** An account is told again only of a line that was well for so long, so that one slow each evening is told of once. */
const forgetAfterMs = 7 * 86_400_000;
/** `lastSlowMs` is kept this exactly, since each change is written to the disk. */
const rememberEachMs = 3_600_000;

export const beginWithSlowLines = (told: ReadonlyMap<number, SlowLineMemory>): SlowLineState => ({
  told,
  spells: new Map(),
});

/** One step of judging which accounts to tell of slow lines. Pure. */
export function judgeSlowLines(
  state: SlowLineState,
  now: Now,
  inputs: readonly CameraInput[],
): { readonly state: SlowLineState; readonly events: readonly JudgedEvent[] } {
  const told = new Map<number, SlowLineMemory>();
  const spells = new Map<number, Spell>();
  const untold: CameraInput[] = [];
  for (const input of inputs) {
    if (!input.shouldRecord || input.afterMs === 0) continue;
    const isSlow = input.slowLine !== undefined;
    const memory = lasting(state.told.get(input.id), now, isSlow);
    if (memory !== undefined) told.set(input.id, memory);
    const spell = continued(state.spells.get(input.id), now, isSlow);
    if (spell === undefined) continue;
    spells.set(input.id, spell);
    const isSilent = (input.silentUntilMs ?? 0) > now.wallMs;
    if (isSlow && memory === undefined && !isSilent) untold.push(input);
  }
  const events: JudgedEvent[] = [];
  for (const [account, slow] of Map.groupBy(untold, (input) => input.account)) {
    const isDue = slow.some(
      ({ id }) => now.at - (spells.get(id)?.beganAt ?? now.at) >= tellAfterMs,
    );
    if (!isDue) continue;
    // All of them: the cameras of a shop share its line, but don't fall behind in the same second.
    for (const { id } of slow) told.set(id, { lastSlowMs: now.wallMs });
    const cameras = slow.map(
      ({ id, camera, slowLine }): EventCamera => ({
        name: camera,
        sinceMs: spells.get(id)?.beganMs ?? now.wallMs,
        cause: 'line too slow',
        detail: slowLine,
      }),
    );
    events.push(camerasEvent('slow-line', account, cameras, now));
  }
  return { state: { told, spells }, events };
}

function lasting(
  memory: SlowLineMemory | undefined,
  { wallMs }: Now,
  isSlow: boolean,
): SlowLineMemory | undefined {
  if (memory === undefined) return undefined;
  const agoMs = wallMs - memory.lastSlowMs;
  if (!isSlow) return agoMs < forgetAfterMs ? memory : undefined;
  return Math.abs(agoMs) < rememberEachMs ? memory : { lastSlowMs: wallMs };
}

function continued(spell: Spell | undefined, now: Now, isSlow: boolean): Spell | undefined {
  if (isSlow) {
    const { beganAt, beganMs } = spell ?? { beganAt: now.at, beganMs: now.wallMs };
    return { beganAt, beganMs, slowAt: now.at };
  }
  return spell !== undefined && now.at - spell.slowAt < spellEndsAfterMs ? spell : undefined;
}
