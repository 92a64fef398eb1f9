import { missingPrograms } from '../config/programs.ts';
import type { Patient } from './patient.ts';
import type { Findings } from './finding.ts';

export function checkConfiguration(
  { file, config, problems, env, hiddenCredentials }: Patient,
  found: Findings,
): void {
  const missing = config === undefined ? [] : missingPrograms(config, env);
  const advice = `Mend it in ${file}; cctvd check tells when all is well`;
  // Problems of a configuration that could still be loaded are about its secrets.
  const isOfUser = config !== undefined && problems.length > 0 && hiddenCredentials !== undefined;
  if (isOfUser) {
    found.unseen(
      `Whether the service has its secrets: this user may not read ${hiddenCredentials}`,
      'Run it with sudo',
    );
  }
  for (const problem of [...(isOfUser ? [] : problems), ...missing]) found.problem(problem, advice);
  for (const warning of config?.warnings ?? []) found.warning(warning, advice);
  if (problems.length + missing.length === 0) found.ok(`${file} can be used`);
  if (config === undefined) return;
  if (config.gateway === undefined) found.ok('No gateway is configured: nobody can watch');
  if (config.alerts === undefined) {
    found.warning(
      'Nobody is told when a camera stops: there are no alerts in the configuration',
      'See the section alerts of the example configuration',
    );
  }
}
