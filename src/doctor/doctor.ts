import type { Config } from '../config/config.ts';
import { checkBucket } from './bucket.ts';
import { checkClock } from './clock.ts';
import { checkConfiguration } from './configuration.ts';
import { checkDaemon } from './daemon.ts';
import { checkDisk } from './disk.ts';
import { type Area, areas, type Check, type Finding, look } from './finding.ts';
import { checkLedger } from './ledger.ts';
import { checkMachine } from './machine.ts';
import { checkNetwork } from './network.ts';
import type { Patient } from './patient.ts';
import { checkPrograms } from './programs.ts';
import { checkSecrets } from './secrets.ts';

/** Checks everything that a support person would ask for. Changes nothing but a probe object in the bucket. */
export async function examine(patient: Patient, signal: AbortSignal): Promise<Finding[]> {
  const { config, daemon, env } = patient;
  const needsConfig =
    (check: (config: Config, ...rest: Parameters<Check>) => Promise<void> | void): Check =>
    (found, inner) => {
      if (config !== undefined) return check(config, found, inner);
      return found.unseen('Not looked at: there is no usable configuration that says where');
    };
  const checks: Readonly<Record<Area, Check>> = {
    daemon: (found) => checkDaemon(patient, found),
    configuration: (found) => checkConfiguration(patient, found),
    secrets: needsConfig((given, found) => checkSecrets(given, found)),
    programs: (found, inner) => checkPrograms(config, env, found, inner),
    network: needsConfig((given, found, inner) => checkNetwork(given, daemon, found, inner)),
    clock: (found, inner) => checkClock(config, found, inner),
    bucket: needsConfig((given, found, inner) => checkBucket(given, found, inner)),
    disk: needsConfig((given, found) => checkDisk(given, daemon, found)),
    ledger: needsConfig((given, found) => checkLedger(given.ledgerFile, patient.ledgerCopy, found)),
    machine: (found) => checkMachine(daemon, found),
  };
  const all = await Promise.all(areas.map((area) => look(area, checks[area], signal)));
  return all.flat();
}
