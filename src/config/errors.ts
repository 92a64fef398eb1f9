import { OperatorError } from '../lib/errors.ts';

/** The configuration can't be used. `problems` has one sentence for each problem. */
export class ConfigError extends OperatorError {
  override name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(file: string, problems: readonly string[], options?: ErrorOptions) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`;
    const lines = problems.map((problem) => `\n  - ${problem}`);
    super(`The configuration ${file} can't be used, for ${count}:${lines.join('')}`, options);
    this.problems = problems;
  }
}
