import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import type { Attack } from '../attack.ts';

/** Nothing is done. */
const calm: Attack = {
  name: 'calm',
  by: 'nobody',
  unit: 'nothing',
  run: async ({ signal }) => void (await once(signal, 'abort')),
};

/** As much CPU as an attacker and an attacked daemon take, in a process beside it. */
const control: Attack = {
  name: 'control',
  by: 'nobody',
  unit: 'loops',
  async run({ signal }) {
    const burners = [1, 2].map(() => new Worker('for (;;) {}', { eval: true }));
    await once(signal, 'abort');
    await Promise.all(burners.map((burner) => burner.terminate()));
  },
};

export const nobody = [calm, control];
