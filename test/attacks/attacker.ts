import { Random } from '../faults/random.ts';
import { type Target, usualSeconds } from './attack.ts';
import { attacks } from './kinds/all.ts';

// Runs one attack, in a process of its own: what it costs is not the daemon's.

export interface AttackerSetup {
  readonly name: string;
  readonly target: Target;
  readonly seed: number;
  readonly seconds: number;
}

export interface AttackerTold {
  readonly counted: number;
  readonly wrongs: readonly string[];
  /** What went wrong for the attacker, and how often. */
  readonly failures: readonly (readonly [string, number])[];
}

/** So much longer than told an attack takes at most, where it is to do something so often. */
const mostTimes = 10;

const setup = JSON.parse(process.argv[2] ?? '{}') as AttackerSetup;
const attack = attacks.find(({ name }) => name === setup.name);
if (attack === undefined) throw new Error(`there is no attack ${setup.name}`);
const wanted = ((attack.atLeast ?? 0) * setup.seconds) / usualSeconds;
const over = new AbortController();
let counted = 0;
const timer = setInterval(() => {
  if (counted >= wanted || performance.now() > 1_000 * mostTimes * setup.seconds) over.abort();
}, setup.seconds * 1_000);
// What the daemon does to an attacker is no error of ours.
const wrongs = new Set<string>();
const failures = new Map<string, number>();
const note = (error: unknown): void => {
  const words = String(error).slice(0, 200);
  if (failures.size < 20) failures.set(words, (failures.get(words) ?? 0) + 1);
};
process.on('uncaughtException', note);
process.on('unhandledRejection', note);
// It must not outlive the command.
process.on('disconnect', () => process.exit());
await attack
  .run({
    target: setup.target,
    random: new Random(setup.seed),
    signal: over.signal,
    wrong: (words) => void wrongs.add(words),
    count: (times = 1) => void (counted += times),
  })
  .catch(note);
clearInterval(timer);
const told: AttackerTold = { counted, wrongs: [...wrongs].slice(0, 50), failures: [...failures] };
process.send?.(told, () => process.exit());
