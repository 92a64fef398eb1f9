import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { lastGoodFile, loadChecked } from '../config/last-good.ts';
import { defaultConfigFile } from '../config/places.ts';
import { defaultStateDirectory } from '../config/schema.ts';
import type { Environment } from '../config/secrets.ts';
import { adviceOfHidden, asService } from '../config/service-credentials.ts';
import { OperatorError } from '../lib/errors.ts';
import { print } from './context.ts';
import { checkScreen } from './screens/check-screen.ts';

/**
 * `cctvd check`
 *
 * @throws {OperatorError} the configuration can't be used: why, and which one the service uses instead
 */
export function runCheck(file: string, env: Environment): void {
  try {
    print(checkScreen(loadChecked(file, asService(file, env)).config));
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const hints = [adviceOfHidden(file, env), hintOfLastGood(file)];
    const told = hints.filter((hint) => hint !== undefined);
    throw new OperatorError([error.message, ...told].join('\n'), { cause: error });
  }
}

/** Applies only to the configuration of the installed service. */
function hintOfLastGood(file: string): string | undefined {
  const copy = lastGoodFile({ STATE_DIRECTORY: defaultStateDirectory });
  if (resolve(file) !== defaultConfigFile || copy === undefined || !existsSync(copy)) return;
  return `Until it is mended, the service starts with the configuration that was good last: ${copy}`;
}
