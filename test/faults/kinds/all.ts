import type { FaultKind } from '../fault.ts';
import { cameraFaults } from './camera.ts';
import { clockFaults } from './clock.ts';
import { daemonFaults } from './daemon.ts';
import { ledgerFaults } from './ledger.ts';
import { lineFaults } from './line.ts';
import { programFaults } from './programs.ts';
import { spoolFaults } from './spool.ts';
import { storeFaults } from './store.ts';

export const kinds: readonly FaultKind[] = [
  ...cameraFaults,
  ...lineFaults,
  ...programFaults,
  ...daemonFaults,
  ...ledgerFaults,
  ...clockFaults,
  ...storeFaults,
  ...spoolFaults,
];
