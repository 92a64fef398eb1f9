import { DatabaseSync } from 'node:sqlite';
import { eventually } from '../../support/until.ts';
import type { FaultKind, Heal, Scene } from '../fault.ts';
import { stopDaemon } from './daemon.ts';

const lockWithinMs = 20_000;

/**
 * Locks the ledger. A daemon that has it alone lets nobody, so the other process has it open already when
 * the daemon starts.
 */
async function lock(scene: Scene): Promise<Heal | undefined> {
  const start = await stopDaemon(scene, 'SIGKILL');
  if (start === undefined) return undefined;
  const other = new DatabaseSync(scene.site.ledgerFile, { timeout: 0 });
  try {
    try {
      other.exec('BEGIN');
      other.prepare('SELECT count(*) FROM sqlite_schema').get();
    } finally {
      await start();
    }
    other.exec('COMMIT');
    await eventually('the lock of the ledger', lockWithinMs, () => {
      try {
        other.exec('BEGIN IMMEDIATE');
        return true;
      } catch {
        // The daemon writes in this moment.
        return false;
      }
    });
  } catch (error) {
    other.close();
    throw error;
  }
  return () => other.close();
}

export const ledgerFaults: readonly FaultKind[] = [
  {
    name: 'a ledger that another process locks',
    place: 'daemon',
    weight: 3,
    lasts: [2, 20],
    // The daemon was started anew for it. The lock itself must not be seen in the footage.
    causes: ['daemon down', 'camera offline', 'starting'],
    inflict: lock,
  },
];
