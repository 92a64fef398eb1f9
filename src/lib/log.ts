import winston from 'winston';
import { bounded, escapeUnprintable } from './printable.ts';
import { mask, Redactor } from './redactor.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/**
 * The level says who must act. `error`: the operator, now. `warn`: the operator later, or nobody if the
 * problem resolves itself. `info`: nobody; the main events. `debug`: for developers.
 * Write one line per event; variable parts go into the fields.
 */
export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** The same log, with `fields` in each line. */
  child(fields: LogFields): Log;
}

/** A log whose level can be changed, together with that of its children. */
export interface AdjustableLog extends Log {
  level: string;
  /**
   * Masks these in all lines from now on, those of its children too. Secrets of fewer than 8 characters are
   * not masked, as they may be ordinary words.
   */
  hide(secrets: readonly string[]): void;
}

export interface LogOptions {
  readonly format: 'people' | 'json';
  readonly level: 'error' | 'warn' | 'info' | 'debug';
  /** Default: standard output. */
  readonly stream?: NodeJS.WritableStream;
}

const secretName = /password|secret|token|credential|private/i;

/** Longer texts come from outside, such as a store's answer. */
const maxTextLength = 2_000;
const leastHiddenLength = 8;

function clean(value: unknown, name: string, redactor: Redactor): unknown {
  if (secretName.test(name)) return mask;
  if (value instanceof Error) return clean(value.message, name, redactor);
  // Cut first and last: masking takes time with each character, and its result may be longer.
  if (typeof value === 'string') {
    return bounded(redactor.clean(bounded(value, 2 * maxTextLength)), maxTextLength);
  }
  if (Array.isArray(value)) return value.map((item) => clean(item, name, redactor));
  return value;
}

const redact = winston.format((info, options) => {
  const { redactor } = options as { readonly redactor: Redactor };
  for (const name of Object.keys(info)) info[name] = clean(info[name], name, redactor);
  return info;
});

/** The whole line, in either form: no text from outside can steer a terminal that shows it. */
const shown = Symbol.for('message');
const escape = winston.format((info) => {
  info[shown] = escapeUnprintable(String(info[shown]));
  return info;
});

const printable = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[\s"=]/.test(text) ? JSON.stringify(text) : text;
};

const people = winston.format.printf(({ level, message, timestamp, ...fields }) => {
  const { camera, ...rest } = fields as Record<string, unknown>;
  const head = `${String(timestamp)} ${level.padEnd(5)}${camera === undefined ? '' : ` ${printable(camera)}:`} ${String(message)}`;
  const tail = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${printable(value)}`)
    .join('');
  return head + tail;
});

/** The daemon's log. Masks passwords in URLs, and fields whose names suggest secrets. */
export function createLog({ format, level, stream }: LogOptions): AdjustableLog {
  const redactor = new Redactor();
  const logger = winston.createLogger({
    level,
    format: winston.format.combine(
      redact({ redactor }),
      winston.format.timestamp(),
      format === 'json' ? winston.format.json() : people,
      escape(),
    ),
    transports: [
      stream === undefined
        ? new winston.transports.Console()
        : new winston.transports.Stream({ stream }),
    ],
  });
  return Object.assign(logger, {
    hide: (secrets: readonly string[]) =>
      redactor.know(secrets.filter(({ length }) => length >= leastHiddenLength)),
  });
}

/** A log without output, for parts that are used without a daemon. */
export const silentLog: Log = {
  error: () => {},
  warn: () => {},
  info: () => {},
  debug: () => {},
  child: () => silentLog,
};
