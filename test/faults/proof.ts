import { join } from 'node:path';
import type { VerifyEvent } from '../../src/contract/verify.ts';
import type { Comparison } from '../../src/catalog/rebuild-compare.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import type { Rebuilt } from '../../src/catalog/rebuild.ts';
import type { Gap } from '../../src/contract/continuity.ts';
import type { Scene } from './fault.ts';

/** What the daemon's own audit says is wrong: every object of the bucket is read. */
export async function verifyDeeply({ site }: Scene): Promise<string[]> {
  const lines = await site.cctv('verify', '--deep', '--json').catch(outputOf);
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Partial<VerifyEvent>)
    .flatMap((event) =>
      'kind' in event && event.kind !== undefined
        ? `cctv verify: ${event.kind}: ${event.key} ${event.detail}`
        : 'error' in event
          ? `cctv verify: ${event.error}`
          : [],
    );
}

/** A command that finds something wrong says so with its exit code too. */
function outputOf(error: unknown): string {
  if (error instanceof Error && 'stdout' in error && String(error.stdout) !== '') {
    return String(error.stdout);
  }
  throw error;
}

/** A ledger made from the bucket alone. */
export interface SecondLedger {
  readonly file: string;
  /** What of the first ledger is not in it, though it was stored. */
  readonly differences: readonly string[];
}

/** Makes the ledger anew from the bucket, and holds it against the one that the daemon left. */
export async function rebuildLedger({ site }: Scene): Promise<SecondLedger> {
  const config = join(site.directory, 'config.yaml');
  const answer = await site.cctv('--config', config, 'ledger', 'rebuild', '--json');
  const { rebuilt, comparison } = JSON.parse(answer) as {
    rebuilt: Rebuilt;
    comparison: Comparison | string;
  };
  const differences = typeof comparison === 'string' ? [comparison] : namesOf(comparison);
  return { file: rebuilt.file, differences: differences.map((one) => `rebuilt ledger: ${one}`) };
}

function namesOf(comparison: Comparison): string[] {
  if (comparison.identical) return [];
  return (['cameras', 'segments', 'states', 'losses'] as const).flatMap((what) => {
    const { onlyPresent, onlyRebuilt, different } = comparison[what];
    return [
      ...onlyPresent.first.map((one) => `${what}: lacks ${one}`),
      ...onlyRebuilt.first.map((one) => `${what}: has ${one} too much`),
      ...different.first.map((one) => `${what}: has another ${one}`),
    ];
  });
}

/** The gaps of each camera, as a ledger tells. */
export function gapsOf(
  file: string,
  { cameras }: Scene,
  fromMs: number,
  toMs: number,
): Map<string, readonly Gap[]> {
  using ledger = openLedger(file);
  const range = { fromMs, toMs, nowMs: toMs, isRecording: false };
  return new Map(
    cameras.map(({ name }) => {
      const [account = '', camera = ''] = name.split('/');
      return [name, ledger.continuity.sum({ account, camera }, range).gaps];
    }),
  );
}
