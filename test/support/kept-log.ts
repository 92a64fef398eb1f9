import type { Log, LogFields } from '../../src/lib/log.ts';

export interface KeptLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that keeps all that is said, also by its children. */
export class KeptLog implements Log {
  readonly lines: KeptLine[];
  readonly #fields: LogFields;

  constructor(lines: KeptLine[] = [], fields: LogFields = {}) {
    this.lines = lines;
    this.#fields = fields;
  }
  error = (message: string, fields?: LogFields): void => this.#keep('error', message, fields);
  warn = (message: string, fields?: LogFields): void => this.#keep('warn', message, fields);
  info = (message: string, fields?: LogFields): void => this.#keep('info', message, fields);
  debug = (message: string, fields?: LogFields): void => this.#keep('debug', message, fields);
  child = (fields: LogFields): Log => new KeptLog(this.lines, { ...this.#fields, ...fields });

  /** Warnings and errors that match. */
  complaints(pattern = /^/): KeptLine[] {
    return this.lines.filter(
      ({ level, message }) => (level === 'warn' || level === 'error') && pattern.test(message),
    );
  }

  #keep(level: KeptLine['level'], message: string, fields?: LogFields): void {
    this.lines.push({ level, message, fields: { ...this.#fields, ...fields } });
  }
}
