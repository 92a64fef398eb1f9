import type { FaultKind } from '../fault.ts';
import { cameraFaults } from './camera.ts';
import { daemonFaults } from './daemon.ts';
import { lineFaults } from './line.ts';
import { programFaults } from './programs.ts';
import { spoolFaults } from './spool.ts';
import { storeFaults } from './store.ts';

export const kinds: readonly FaultKind[] = [
  ...cameraFaults,
  ...lineFaults,
  ...programFaults,
  ...daemonFaults,
  ...storeFaults,
  ...spoolFaults,
];
