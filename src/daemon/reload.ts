import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/config.ts';
import type { ReloadAnswer } from '../contract/status.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';

/** A part of the configuration that can change while cameras are recorded. */
export interface Reloadable {
  /** The option or section, named as in {@link differences}. */
  readonly option: string;
  /** Applied even if the option is unchanged, since it names files that may have changed. */
  readonly always?: true;
  /** @throws if the part can't be used; the previous one then stays in force */
  readonly take: (config: Config) => Promise<void> | void;
}

/** Applies a changed configuration to the running daemon, as far as no footage is lost. */
export class Reloader {
  readonly #readConfig: () => Config;
  readonly #reloadables: readonly Reloadable[];
  readonly #log: Log;
  /** The configuration in force. */
  #config: Config;
  readonly #onRead: () => void;
  #turn: Promise<unknown> = Promise.resolve();

  /** @param onRead called after each reading of a usable configuration */
  constructor(
    config: Config,
    readConfig: () => Config,
    reloadables: readonly Reloadable[],
    onRead: () => void,
    log: Log,
  ) {
    this.#config = config;
    this.#onRead = onRead;
    this.#readConfig = readConfig;
    this.#reloadables = reloadables;
    this.#log = log;
  }

  /**
   * Reads the configuration and applies its reloadable parts, each whole or not at all. Returns also the
   * options that need a restart. Simultaneous reloads run one after the other.
   *
   * @throws {ConfigError} the configuration can't be used: nothing changes
   */
  reload(): Promise<ReloadAnswer> {
    const result = this.#turn.then(() => this.#reload());
    this.#turn = result.catch(() => {});
    return result;
  }

  async #reload(): Promise<ReloadAnswer> {
    const wanted = this.#readConfig();
    this.#onRead();
    const changed = differences(this.#config, wanted);
    const taken: string[] = [];
    const failed: { option: string; cause: string }[] = [];
    for (const { option, always = false, take } of this.#reloadables) {
      const isChanged = !always && changed.some((name) => isWithin(name, option));
      if (!isChanged && !always) continue;
      try {
        await take(wanted);
        if (!isChanged) continue;
        this.#config = withPart(this.#config, wanted, option.split('.'));
        taken.push(option);
      } catch (error) {
        failed.push({ option, cause: describeError(error) });
      }
    }
    const needsRestart = changed.filter(
      (name) => !this.#reloadables.some(({ option, always }) => !always && isWithin(name, option)),
    );
    this.#log.info('the configuration was read again', { taken, needsRestart });
    for (const { option, cause } of failed) {
      this.#log.error(
        'a changed part of the configuration can not be used, the one before remains',
        {
          option,
          cause,
        },
      );
    }
    return { taken, needsRestart, failed };
  }
}

const isWithin = (name: string, option: string): boolean =>
  name === option || name.startsWith(`${option}.`);

/** Not compared: not in the file, or (credentials) read again when the store refuses them. */
const apart = new Set(['file', 'warnings', 'refused', 'bucket.credentials']);

/** Names of the options in which two configurations differ, such as `archive.segmentSeconds`. */
export function differences(one: unknown, other: unknown, name = ''): string[] {
  if (apart.has(name) || isDeepStrictEqual(one, other)) return [];
  if (!isSection(one) || !isSection(other)) return [name];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) =>
    differences(one[key], other[key], name === '' ? key : `${name}.${key}`),
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy of `config` with the value at `path` taken from `other`. */
function withPart(config: Config, other: Config, path: readonly string[]): Config {
  const replace = (one: unknown, two: unknown, [key, ...rest]: readonly string[]): unknown => {
    if (key === undefined) return two;
    const [section, source] = [isSection(one) ? one : {}, isSection(two) ? two : {}];
    return { ...section, [key]: replace(section[key], source[key], rest) };
  };
  return replace(config, other, path) as Config;
}
