import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { defaultConfigFile } from './load.ts';
import type { Environment } from './secrets.ts';

/** What systemd gives the service, while it runs. */
const givenToService = '/run/credentials/sapiengraph-cctv.service';

/**
 * Where the secrets of the service can be read by somebody who is not the service: where they lie for its
 * next start, and what it was given at its last.
 */
function directoriesOf(file: string): string[] {
  const configFile = resolve(file);
  return [
    join(dirname(configFile), 'credentials'),
    ...(configFile === defaultConfigFile ? [givenToService] : []),
  ];
}

/**
 * The environment in which a configuration is to be read by hand, to find the secrets that the service
 * finds. The service itself, and who says where secrets are, has it already.
 */
export function asService(file: string, env: Environment): Environment {
  if (env['CREDENTIALS_DIRECTORY']) return env;
  const readable = directoriesOf(file).filter((directory) => !isHidden(directory));
  const present = readable.filter((directory) => existsSync(directory));
  return present.length === 0 ? env : { ...env, CREDENTIALS_DIRECTORY: present.join(':') };
}

/** Where the service has secrets that this user may not see, if it does. */
export function hiddenCredentials(file: string, env: Environment): string | undefined {
  return env['CREDENTIALS_DIRECTORY'] ? undefined : directoriesOf(file).find(isHidden);
}

function isHidden(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return false;
  } catch (error) {
    return errorCode(error) === 'EACCES';
  }
}
