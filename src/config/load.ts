import { dirname, join, resolve } from 'node:path';
import { completeAlerts, hasInlineSecret } from './alerts.ts';
import { alerts as alertsSchema } from './alerts-schema.ts';
import type { Config } from './config.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';
import { bucketCredentialsSchema } from './credentials-schema.ts';
import { type ConfigDocument, parseConfigDocument } from './document.ts';
import { ConfigError } from './errors.ts';
import { clashes } from './clashes.ts';
import { describeIssues, where } from './problems.ts';
import { defaultRelayPreload, defaultRelayProgram } from './programs.ts';
import { type FileConfig, fileSchema } from './schema.ts';
import {
  type Environment,
  type ConfigFindings,
  readBucketCredentials,
  warnIfOpen,
} from './secrets.ts';
import { readSource } from './source.ts';

/**
 * Reads and checks the configuration file. Relative paths start at the directory of the file.
 *
 * @param source the file's text, if it was read already
 * @throws {ConfigError} lists every problem
 */
export function loadConfig(path: string, env: Environment, source = readSource(path)): Config {
  const { config, problems } = examineConfig(path, env, source);
  if (config === undefined || problems.length > 0) throw new ConfigError(resolve(path), problems);
  return config;
}

/**
 * As {@link loadConfig}, but also returns a configuration that has problems, as long as its options are
 * valid; secrets that can't be read are empty.
 *
 * @throws {OperatorError} the file can't be read
 */
export function examineConfig(
  path: string,
  env: Environment,
  source = readSource(path),
): { readonly config?: Config; readonly problems: readonly string[] } {
  const file = resolve(path);
  const document = parseConfigDocument(source);
  if (document.problems.length > 0) return { problems: document.problems };
  const parsed = fileSchema.safeParse(document.value ?? {});
  const found: ConfigFindings = { problems: [], warnings: [] };
  if (!parsed.success)
    found.problems.push(...describeIssues(parsed.error.issues, fileSchema, document));
  const credentials = findCredentials(file, document, env, found);
  const alerts = findAlerts(file, document, env, found);
  const { problems } = found;
  if (!parsed.success) return { problems };
  const config = complete(file, parsed.data, { credentials, alerts }, env, found.warnings);
  for (const { path: option, problem } of clashes(config)) {
    problems.push(`${where(option, document)} ${problem}`);
  }
  return { config, problems };
}

// Parsed separately, so that missing credentials are reported even if other options are invalid.
function findCredentials(
  file: string,
  document: ConfigDocument,
  env: Environment,
  found: ConfigFindings,
): StoreCredentials | undefined {
  const given = bucketCredentialsSchema.safeParse(document.at(['bucket', 'credentials']) ?? {});
  if (!given.success) return { accessKeyId: '', secretAccessKey: '' };
  const { accessKeyId, secretAccessKey, sessionToken } = given.data;
  if ([accessKeyId, secretAccessKey, sessionToken].some((secret) => secret !== undefined)) {
    warnIfOpen(file, found);
  }
  return readBucketCredentials(given.data, env, (path) => resolve(dirname(file), path), found);
}

// Parsed separately for the same reason.
function findAlerts(
  file: string,
  document: ConfigDocument,
  env: Environment,
  found: ConfigFindings,
): Omit<NonNullable<Config['alerts']>, 'keyFile'> | undefined {
  const section = document.at(['alerts']);
  const given = section === undefined ? undefined : alertsSchema.safeParse(section);
  if (given?.success !== true) return undefined;
  if (hasInlineSecret(given.data)) warnIfOpen(file, found);
  return completeAlerts(given.data, env, (path) => resolve(dirname(file), path), found);
}

function complete(
  file: string,
  given: FileConfig,
  {
    credentials,
    alerts,
  }: {
    readonly credentials: StoreCredentials | undefined;
    readonly alerts: ReturnType<typeof findAlerts>;
  },
  env: Environment,
  warnings: readonly string[],
): Config {
  const path = (value: string): string => resolve(dirname(file), value);
  // A program without a slash is looked up on PATH.
  const program = (value: string): string => (value.includes('/') ? path(value) : value);
  const { endpoint, region, name, prefix, pathStyle, readBackPercent } = given.bucket;
  const stateDirectory = path(given.stateDirectory);
  const hostKeyFile = path(
    given.tunnel.hostKeyFile ?? join(stateDirectory, 'keys', 'host-ed25519'),
  );
  return {
    file,
    warnings: [...warnings, ...warningsOf(given)],
    stateDirectory,
    spoolDirectory: path(given.spoolDirectory ?? join(stateDirectory, 'spool')),
    spool: completeSpool(given.spool),
    ledgerFile: path(given.ledgerFile ?? join(stateDirectory, 'ledger', 'ledger.sqlite')),
    rebuildLedger: given.rebuildLedger,
    bucket: {
      name,
      region,
      prefix,
      endpoint,
      pathStyle: pathStyle ?? endpoint !== undefined,
      credentials,
      readBack: readBackPercent / 100,
    },
    tunnel: {
      ...given.tunnel,
      hostKeyFile,
      nextHostKeyFile: path(given.tunnel.nextHostKeyFile ?? `${hostKeyFile}.next`),
    },
    relay: {
      program: program(given.relay.program ?? defaultRelayProgram(env)),
      preload: path(given.relay.preload ?? defaultRelayPreload()),
    },
    archive: { ...given.archive, program: program(given.archive.program) },
    gateway: given.gateway === undefined ? undefined : completeGateway(given.gateway, path),
    console: completeConsole(given.console, path),
    alerts:
      alerts === undefined
        ? undefined
        : { ...alerts, keyFile: path(join(stateDirectory, 'keys', 'alerts')) },
    processors: given.processors.map(({ name: processor, command }) => ({
      name: processor,
      command: command.map((word, index) => (index === 0 ? program(word) : word)),
    })),
    control: {
      socket: path(given.control.socket),
      group: given.control.group,
    },
    metrics: given.metrics,
    log: given.log,
  };
}

function completeConsole(
  { web }: FileConfig['console'],
  path: (value: string) => string,
): Config['console'] {
  if (web === undefined) return {};
  const { listen, tls, publicUrl, trustedProxies, proxy } = web;
  return {
    web: {
      listen,
      proxy,
      tls:
        tls === undefined
          ? undefined
          : { certificateFile: path(tls.certificateFile), keyFile: path(tls.keyFile) },
      publicUrl,
      trustedProxies,
    },
  };
}

const loopback = /^(127\.|::1$|localhost$)/;

/** Warns if passwords and pictures would cross the network unencrypted, or all browsers would count as one. */
function warningsOf({ console: { web } }: FileConfig): string[] {
  if (web === undefined || web.tls !== undefined) return [];
  if (loopback.test(web.listen.host)) {
    if (web.publicUrl === undefined || web.trustedProxies.length > 0) return [];
    return [
      `console.web.publicUrl says that a proxy brings browsers to ${web.listen.host}, but console.web.trustedProxies names none: all browsers count as one, so that one that guesses passwords keeps out all others. Name the proxy's address, such as ['127.0.0.1'], and let it set X-Forwarded-For.`,
    ];
  }
  return [
    `console.web listens on ${web.listen.host} without TLS: passwords and pictures can be read on the way. Give console.web.tls, or let it listen on 127.0.0.1 behind a proxy with TLS.`,
  ];
}

function completeSpool({
  budgetGigabytes,
  reserveGigabytes,
  whenFull,
}: FileConfig['spool']): Config['spool'] {
  return {
    whenFull,
    budgetBytes: budgetGigabytes === undefined ? undefined : bytesOf(budgetGigabytes),
    reserveBytes: reserveGigabytes === undefined ? undefined : bytesOf(reserveGigabytes),
  };
}

const bytesOf = (gigabytes: number): number => Math.round(gigabytes * 1e9);

function completeGateway(
  { tls, ...given }: NonNullable<FileConfig['gateway']>,
  path: (value: string) => string,
): NonNullable<Config['gateway']> {
  if (tls === undefined) return given;
  const { listen, certificateFile, keyFile } = tls;
  return {
    ...given,
    tls: { listen, certificateFile: path(certificateFile), keyFile: path(keyFile) },
  };
}
