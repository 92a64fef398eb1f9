import type { Attacker } from './attack.ts';
import type { Honest, Waits } from './honest.ts';
import type { Measured } from './measure.ts';

/** An attack, and what it did. */
export interface Row extends Measured {
  readonly name: string;
  readonly by: Attacker;
  readonly unit: string;
  readonly seconds: number;
  readonly counted: number;
  /** What the attacker saw that must not be. */
  readonly found: readonly string[];
  /** The most CPU time that the loop took before others ran. */
  readonly turnMs: number;
  /** Delay of the loop at most, by the probe. */
  readonly lateMs: number;
  /** Of the honest cameras, by `cctv continuity`, and numbered pictures that nobody has. */
  readonly lostSeconds: number;
  readonly lostPictures: number;
  readonly waits: ReadonlyMap<Honest, Waits>;
}

/** How late the loop may be by a stranger's or a camera's doing. */
const mostTurnMs = 50;
/** Time of a camera that dials in, a viewer and an owner. */
const mostWaitMs = 5_000;
/** What Node keeps of a heap for later, once it was used. */
const mostGrownMegabytes = 100;

/** What is wrong with a row, in words. The control tells what mere want of CPU does. */
export function wrongs(row: Row, control: Row | undefined): string[] {
  if (row.by === 'nobody') return [];
  const found = [...row.found];
  const than = (mine: number, its: number | undefined, most: number): boolean =>
    mine > most && mine > 1.5 * (its ?? 0);
  if (row.lostSeconds > (control?.lostSeconds ?? 0)) {
    found.push(`${row.lostSeconds.toFixed(1)} s of honest cameras are lost`);
  }
  if (row.lostPictures > (control?.lostPictures ?? 0)) {
    found.push(`${row.lostPictures} pictures of honest cameras are lost`);
  }
  // What the loop did, not how long it waited for a CPU: this machine may have other things to do.
  if (than(row.turnMs, control?.turnMs, mostTurnMs)) {
    found.push(`one turn of the loop took ${row.turnMs.toFixed(0)} ms of CPU`);
  }
  if (row.uncaught > 0) found.push(`${row.uncaught} errors that nobody expected`);
  if (row.rssAfter - row.rssBefore > mostGrownMegabytes) {
    found.push(`memory grew by ${(row.rssAfter - row.rssBefore).toFixed(0)} MB`);
  }
  for (const [who, { worstMs, failures }] of row.waits) {
    if (failures.length > 0) {
      found.push(`${failures.length} × an honest ${who}: ${[...new Set(failures)].join(', ')}`);
    }
    if (than(worstMs, control?.waits.get(who)?.worstMs, mostWaitMs)) {
      found.push(`an honest ${who} waited ${worstMs.toFixed(0)} ms`);
    }
  }
  return found;
}
