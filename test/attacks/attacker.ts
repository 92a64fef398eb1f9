import { Random } from '../faults/random.ts';
import type { Target } from './attack.ts';
import { attacks } from './kinds/all.ts';

// Runs one attack, in a process of its own: what it costs is not the daemon's.

export interface AttackerSetup {
  readonly name: string;
  readonly target: Target;
  readonly seed: number;
  readonly seconds: number;
}

const setup = JSON.parse(process.argv[2] ?? '{}') as AttackerSetup;
const attack = attacks.find(({ name }) => name === setup.name);
if (attack === undefined) throw new Error(`there is no attack ${setup.name}`);
let counted = 0;
// What the daemon does to an attacker is no error of ours.
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
    signal: AbortSignal.timeout(setup.seconds * 1_000),
    count: (times = 1) => void (counted += times),
  })
  .catch(note);
process.send?.({ counted, failures: [...failures] }, () => process.exit());
