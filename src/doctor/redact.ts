import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Config } from '../config/config.ts';
import { defaultStateDirectory } from '../config/schema.ts';
import { credentialDirectories, type Environment, secretsOf } from '../config/secrets.ts';
import { describeError } from '../lib/errors.ts';
import { mask, Redactor, shortSecret, withoutPasswords } from '../lib/redactor.ts';
import { open } from './ledger.ts';

/**
 * Options whose values are never secret. All others are masked, so that new or misspelt options are not
 * shown by oversight.
 */
const harmless = new Set(
  [
    'stateDirectory',
    'spoolDirectory',
    'ledgerFile',
    'spool.whenFull',
    'bucket.name',
    'bucket.region',
    'bucket.prefix',
    'bucket.endpoint',
    'tunnel.listen',
    'tunnel.algorithms',
    'tunnel.hostKeyFile',
    'tunnel.nextHostKeyFile',
    'relay.program',
    'relay.preload',
    'archive.program',
    'archive.profile',
    'archive.downsample.preset',
    'gateway.listen',
    'gateway.domain',
    'gateway.tls.listen',
    'gateway.tls.certificateFile',
    'gateway.tls.keyFile',
    'alerts.reports.listen',
    'alerts.sms.gateway.name',
    'alerts.sms.sns.region',
    'alerts.smtp.host',
    'alerts.smtp.security',
    'alerts.operator.timeZone',
    'alerts.caFile',
    'processors.name',
    'control.socket',
    'control.group',
    'metrics.listen',
    'log.format',
    'log.level',
  ].map((path) => path.toLowerCase()),
);

/** A configuration file, split into what may be shown and what may not. */
export interface MaskedConfiguration {
  /** The configuration, with every value masked that may be secret. */
  readonly shown: unknown;
  /** The masked values. */
  readonly hidden: readonly string[];
  /** Undefined: the file is no valid YAML. */
  readonly ledgerFile: string | undefined;
}

/** @param file absolute; relative paths in `source` start at its directory */
export function maskConfiguration(file: string, source: string): MaskedConfiguration {
  const hidden: string[] = [];
  try {
    const value: unknown = parse(source);
    const path = (...at: string[]): string | undefined => {
      const found: unknown = at.reduce<unknown>(
        (parent, key) =>
          typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined,
        value,
      );
      return typeof found === 'string' ? resolve(dirname(file), found) : undefined;
    };
    const state = path('stateDirectory') ?? defaultStateDirectory;
    return {
      shown: masked(value, '', hidden),
      hidden,
      ledgerFile: path('ledgerFile') ?? join(state, 'ledger', 'ledger.sqlite'),
    };
  } catch {
    // The file can't be parsed: hide everything but the names of options.
    const rest = source.split('\n').map((line) => line.replace(/^[\s-]*[\w]+:/, ''));
    const words = rest.flatMap((line) => [line, ...line.split(/[\s"'{},[\]]+/)]);
    return {
      shown: { unreadable: 'the file is no valid YAML' },
      hidden: words.map((word) => word.trim()).filter((word) => word.length >= shortSecret),
      ledgerFile: undefined,
    };
  }
}

function masked(value: unknown, path: string, hidden: string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => masked(item, path, hidden));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        masked(item, path === '' ? key : `${path}.${key}`, hidden),
      ]),
    );
  }
  if (value === null || typeof value === 'boolean') return value;
  // A password or a phone number may be parsed as a number.
  const isSecretive = /^alerts\.operator|credentials|password|token|secret/i.test(path);
  if (typeof value === 'number' && !isSecretive) return value;
  if (typeof value === 'string' && harmless.has(path.toLowerCase())) {
    return withoutPasswords(value).replace(/\?.*$/, '');
  }
  // User names are masked here, but not elsewhere, where they may be ordinary words.
  if (!path.endsWith('.user')) hidden.push(`${value as string | number}`);
  return mask;
}

/** Queries for the values that must not leave the machine. */
const secretsOfLedger = [
  'SELECT rtspPassword FROM cameras',
  'SELECT rtspPassword FROM tokens',
  'SELECT md5 FROM viewers',
  'SELECT sha256 FROM viewers',
  // An account's first viewer has the account's name, which must stay readable in the log.
  'SELECT name FROM viewers WHERE name NOT IN (SELECT name FROM accounts)',
  'SELECT name FROM contacts',
  'SELECT address FROM contactAddresses',
  'SELECT DISTINCT address FROM alertDeliveries',
] as const;

export interface KnownSecrets {
  readonly secrets: readonly string[];
  /** Why there may be secrets that are not in the list. */
  readonly lack?: string;
}

/** All secrets that this user can read, to mask them wherever they appear. */
export function knownSecrets(
  { config, env }: { readonly config?: Config; readonly env: Environment },
  { hidden, ledgerFile }: MaskedConfiguration,
): KnownSecrets {
  const secrets = [...hidden, ...ofCredentials(env)];
  for (const [name, value = ''] of Object.entries(env)) {
    if (/^(?:CCTV|AWS)_.*(?:KEY|PASSWORD|TOKEN|SECRET)/.test(name)) secrets.push(value);
  }
  if (config !== undefined) {
    // Needed for secrets from files; secrets in the configuration itself are in `hidden` already.
    secrets.push(...secretsOf(config));
    // Of a bundle, which leaves the operator's hands, the ids of keys are kept out too.
    const ids = [config.bucket.credentials, config.alerts?.carriers.sms?.sns];
    secrets.push(...ids.flatMap((keys) => keys?.accessKeyId ?? []));
  }
  if (ledgerFile === undefined) {
    return { secrets, lack: 'the configuration does not say where the ledger is' };
  }
  try {
    return { secrets: [...secrets, ...ofLedger(ledgerFile)] };
  } catch (error) {
    return {
      secrets,
      lack: `the ledger can't be read (${describeError(error)}); try it with sudo`,
    };
  }
}

function texts(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(texts);
}

function ofCredentials(env: Environment): string[] {
  return credentialDirectories(env).flatMap((directory) => {
    try {
      return readdirSync(directory)
        .filter((name) => /(?:-id|-key|-password|-token)$/.test(name))
        .map((name) => readFileSync(join(directory, name), 'utf8').trim());
    } catch {
      return [];
    }
  });
}

/** @throws {Error} the ledger exists and can't be read */
function ofLedger(file: string): string[] {
  if (statSync(file, { throwIfNoEntry: false }) === undefined) return [];
  using database = open(file);
  const tables = new Set(
    database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
      .all()
      .map(({ name }) => String(name)),
  );
  // A ledger of an older version lacks some tables.
  return secretsOfLedger
    .filter((query) => tables.has(/FROM (\w+)/.exec(query)?.[1] ?? ''))
    .flatMap((query) => database.prepare(query).all().flatMap(texts));
}

/** Patterns of texts that look like secrets. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, mask],
  [/\b(enrol\.)[\w-]+/gi, `$1${mask}`],
  [/\b(authorization["']?\s*[:=]\s*)(?:[a-z]+ )?[^\s"']+/gi, `$1${mask}`],
  [
    /((?:password|passwd|secret|token|signature|api[-_]?key)["']?\s*[:=]\s*)"(?:[^"\\\n]|\\.)*"/gi,
    `$1"${mask}"`,
  ],
  [
    /((?:password|passwd|secret|token|signature|api[-_]?key)["']?\s*[:=]\s*)(?!true\b|false\b|null\b|["*])[^\s"&,;}]+/gi,
    `$1${mask}`,
  ],
  [/\bAKIA[0-9A-Z]{16}\b/g, mask],
];

/** Makes a function that masks the known secrets in a text, and whatever looks like a secret. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = new Redactor(secrets);
  return (text) =>
    patterns.reduce(
      (rest, [pattern, replacement]) => rest.replaceAll(pattern, replacement),
      known.clean(text),
    );
}
