import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { join } from 'node:path';
import type { Attack, Tools } from '../attack.ts';
import { misbehave, type Misdeed } from '../misdeed.ts';

const cli = join(import.meta.dirname, '../../../src/cli/cctv.ts');

/** The store that footage is put to does not answer as it should. */
const store = (misdeed: Misdeed): Attack => ({
  name: `store: ${misdeed}`,
  by: 'store',
  unit: 'requests',
  run: async (tools) => {
    await Promise.all([
      misbehave(tools.target.storeControl, misdeed, tools),
      // What lists the bucket: an operator asks for it.
      operator(tools, ['verify']),
    ]);
  },
});

/** The carriers of alerts do not answer as they should. */
const carrier = (misdeed: Misdeed): Attack => ({
  name: `carriers: ${misdeed}`,
  by: 'carrier',
  unit: 'requests',
  run: async (tools) => {
    await Promise.all([
      misbehave(tools.target.carrierControl, misdeed, tools),
      operator(tools, ['alert', 'test', 'mallory']),
    ]);
  },
});

/** Runs a command again and again. What it says is no matter here. */
async function operator({ target, signal }: Tools, args: readonly string[]): Promise<void> {
  while (!signal.aborted) {
    await execa(process.execPath, [cli, '--socket', target.controlSocket, ...args], {
      reject: false,
      stdio: 'ignore',
      cancelSignal: signal,
    }).catch(() => {});
    await delay(1_000, undefined, { signal }).catch(() => {});
  }
}

export const badStores = (
  ['endless answer', 'endless error', 'endless header', 'drip', 'same token', 'redirect'] as const
).map(store);

export const badCarriers = (['endless answer', 'endless header', 'drip', 'redirect'] as const).map(
  carrier,
);
