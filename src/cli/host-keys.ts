import { loadConfig } from '../config/load.ts';
import { makeNextHostKeys, promoteHostKeys } from '../tunnel/host-key-rotation.ts';
import { print } from './context.ts';

/** `cctvd host-key next` */
export async function makeNext(configFile: string): Promise<void> {
  const keys = await makeNextHostKeys(loadConfig(configFile, process.env).tunnel);
  print([
    ...keys.map(({ fingerprint, line }) => `${fingerprint}\n${line}`),
    'Cards that are written from now on know it. Give it to all others before you promote it.',
  ]);
}

/** `cctvd host-key promote` */
export async function promote(configFile: string): Promise<void> {
  const { tunnel } = loadConfig(configFile, process.env);
  const promoted = await promoteHostKeys(tunnel, Date.now());
  print([
    ...promoted.map(
      ({ key, keptAs }) =>
        `${key.fingerprint} is the host key now.${keptAs === undefined ? '' : ` The one before is kept as ${keptAs}.`}`,
    ),
    'Restart the daemon for it to be shown to cameras: systemctl restart sapiengraph-cctv',
  ]);
}
