import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/errors.ts';
import { loadConfig } from '../config/load.ts';
import { missingPrograms } from '../config/programs.ts';

/**
 * The configuration, if this machine has all that it asks for.
 *
 * @throws {ConfigError} with every problem at once
 */
export function loadChecked(file: string): Config {
  const config = loadConfig(file, process.env);
  const problems = missingPrograms(config, process.env);
  if (problems.length > 0) throw new ConfigError(config.file, problems);
  return config;
}
