import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { errorCode } from '../lib/errors.ts';
import { defaultConfigFile } from './places.ts';
import type { Environment } from './secrets.ts';

/** What systemd gives the service, while it runs. */
const givenToService = '/run/credentials/sapiengraph-cctv.service';

/**
 * Where the secrets of the service can be read by somebody who is not the service: where they lie for its
 * next start, and what it was given at its last, for those that its unit was told to load from elsewhere.
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
  const present = directoriesOf(file).filter(hasSomething);
  return present.length === 0 ? env : { ...env, CREDENTIALS_DIRECTORY: present.join(':') };
}

/** Where the service has secrets that this user may not see, if it does. */
export function hiddenCredentials(file: string, env: Environment): string | undefined {
  return env['CREDENTIALS_DIRECTORY'] ? undefined : directoriesOf(file).find(isHidden);
}

/** What to do about a secret that can't be had, if that is because this user may not see it. */
export function adviceOfHidden(file: string, env: Environment): string | undefined {
  const directory = hiddenCredentials(file, env);
  return (
    directory && `You may not read ${directory}, where the service's secrets may lie: use sudo.`
  );
}

/** Whether there is anything that this user can see. */
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
