import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { defaultConfigFile } from './places.ts';
import type { Environment } from './secrets.ts';

/** The credentials that systemd gives the running service. */
const givenToService = '/run/credentials/sapiengraph-cctv.service';

/**
 * Directories where others than the service can read its secrets: the directory that the next start
 * loads, and the credentials of the running service, for secrets that the unit loads from elsewhere.
 */
function directoriesOf(file: string): string[] {
  const configFile = resolve(file);
  return [
    join(dirname(configFile), 'credentials'),
    ...(configFile === defaultConfigFile ? [givenToService] : []),
  ];
}

/**
 * The environment in which a manually run command finds the service's secrets. Unchanged if
 * CREDENTIALS_DIRECTORY is set, as in the service itself.
 */
export function asService(file: string, env: Environment): Environment {
  if (env['CREDENTIALS_DIRECTORY']) return env;
  const present = directoriesOf(file).filter(hasSomething);
  return present.length === 0 ? env : { ...env, CREDENTIALS_DIRECTORY: present.join(':') };
}

/** The directory of service secrets that this user may not read, if there is one. */
export function hiddenCredentials(file: string, env: Environment): string | undefined {
  return env['CREDENTIALS_DIRECTORY'] ? undefined : directoriesOf(file).find(isHidden);
}

/** Advice on a missing secret, if this user may not read the directory that may hold it. */
export function adviceOfHidden(file: string, env: Environment): string | undefined {
  const directory = hiddenCredentials(file, env);
  return (
    directory && `You may not read ${directory}, where the service's secrets may lie: use sudo.`
  );
}

/** Whether the directory has files that this user can see. */
const hasSomething = (directory: string): boolean =>
  existsSync(directory) && !isHidden(directory) && readdirSync(directory).length > 0;

function isHidden(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK);
    return false;
  } catch (error) {
    return errorCode(error) === 'EACCES';
  }
}
