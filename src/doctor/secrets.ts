import { statSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import type { Findings } from './finding.ts';

/** Checks that not every user of the machine can read or change secret files. */
export function checkSecrets(config: Config, found: Findings): void {
  const secrets = [
    [config.tunnel.hostKeyFile, 'the host key'],
    [config.tunnel.nextHostKeyFile, 'the next host key'],
    [config.ledgerFile, 'the ledger, with the RTSP passwords of cameras'],
    [config.gateway?.tls?.keyFile, 'the key of the gateway’s certificate'],
    [config.alerts?.keyFile, 'the key of delivery reports'],
  ] as const;
  let seen = 0;
  for (const [file, what] of secrets) {
    const stat = file === undefined ? undefined : statOf(file, found);
    if (file === undefined || stat === undefined) continue;
    seen += 1;
    const mode = stat.mode & 0o777;
    if ((mode & 0o006) !== 0) {
      found.problem(
        `Every user of this machine may ${(mode & 0o002) === 0 ? 'read' : 'change'} ${file} (mode ${mode.toString(8)}): ${what}`,
        `Run: chmod o-rwx ${file}`,
      );
    }
  }
  const stat = statOf(config.file, found);
  if (stat !== undefined && (stat.mode & 0o002) !== 0) {
    found.problem(`Every user may change ${config.file}`, `Run: chmod o-w ${config.file}`);
  }
  if (seen > 0) found.ok(`${seen} files that hold secrets were looked at`);
}

function statOf(file: string, found: Findings) {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch {
    found.unseen(`${file} can't be seen by this user`, 'Run it with sudo');
    return undefined;
  }
}
