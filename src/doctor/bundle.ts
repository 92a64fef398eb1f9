import { readFileSync } from 'node:fs';
import { arch, release, totalmem } from 'node:os';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { describeError } from '../lib/errors.ts';
import type { Finding } from './finding.ts';
import type { Patient } from './patient.ts';
import { open } from './ledger.ts';
import { knownSecrets, maskConfiguration, type MaskedConfiguration, redactor } from './redact.ts';
import { tar } from './tar.ts';

export interface BundleOptions {
  readonly patient: Patient;
  readonly findings: readonly Finding[];
  /** Formats findings for people. */
  readonly screen: (findings: readonly Finding[]) => readonly string[];
  /** Requests to the daemon; they reject if it does not answer. */
  readonly ask: {
    readonly cameras: () => Promise<unknown>;
    readonly metrics: () => Promise<string>;
  };
  /** Name of the systemd unit. */
  readonly unit: string;
}

const journalLines = 5_000;
const journalMs = 20_000;

const about = `A support bundle of Sapiengraph CCTV.

doctor.txt, doctor.json  what cctv doctor found
status.json              what cctv status says
cameras.json             the cameras, their keys' fingerprints and their network addresses
metrics.txt              what Prometheus would read
journal.txt              the newest lines of the log
config.yaml              the configuration; *** stands for each value that might be secret
ledger.json              how many rows each table has, and no row
versions.json            of programs and of the system

Passwords, tokens, private keys, and the names and addresses of contacts and viewers are left out or replaced by ***.
Names of accounts and cameras and network addresses are in it: without them the log can't be followed.
No footage is in it. Look through it before you send it.
`;

export interface Bundle {
  /** A .tar.gz */
  readonly bytes: Buffer;
  /** Why some files are left out; undefined if none are. */
  readonly lack?: string | undefined;
}

/** Packs everything that a support person needs, without secrets. */
export async function makeBundle(options: BundleOptions, signal: AbortSignal): Promise<Bundle> {
  const { patient, screen, ask, unit } = options;
  const findings = options.findings.map(withoutValues);
  const { daemon } = patient;
  const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
  const orWhyNot = (answer: Promise<string>): Promise<string> =>
    answer.catch((error: unknown) => `Not to be had: ${describeError(error)}\n`);
  const status = daemon.status ?? { silence: daemon.silence };
  const configuration = readConfiguration(patient.file, patient.file);
  const copy = daemon.status?.refusedConfiguration?.copy;
  const inUse = copy === undefined ? configuration : readConfiguration(patient.file, copy);
  const ledgerFile = patient.ledgerCopy ?? inUse.ledgerFile;
  const { secrets, lack } = knownSecrets(patient, {
    shown: configuration.shown,
    hidden: [...configuration.hidden, ...inUse.hidden],
    ledgerFile,
  });
  /** Leaves a text out that may contain a camera's password if the passwords are not known. */
  const ifKnown = async (text: () => Promise<string> | string): Promise<string> =>
    lack === undefined ? await text() : `Left out, lest it has a secret in it: ${lack}.\n`;
  const files: Readonly<Record<string, string>> = {
    'README.txt': about,
    'doctor.txt': `${screen(findings).join('\n')}\n`,
    'doctor.json': json(findings),
    'status.json': await ifKnown(() => json(status)),
    'cameras.json': await ifKnown(() => orWhyNot(ask.cameras().then(json))),
    'metrics.txt': await orWhyNot(ask.metrics()),
    'journal.txt': await ifKnown(() => orWhyNot(readJournal(unit, signal))),
    'config.yaml': stringify(configuration.shown),
    'ledger.json': json(countRows(ledgerFile)),
    'versions.json': json(versions(patient)),
  };
  const redact = redactor(secrets);
  const contents = Object.entries(files).map(
    ([name, text]) => [`sapiengraph-cctv-support/${name}`, Buffer.from(redact(text))] as const,
  );
  return { bytes: gzipSync(tar(new Map(contents), Date.now())), lack };
}

/** Hides invalid values of the configuration, which may be misplaced secrets. */
const withoutValues = (finding: Finding): Finding => ({
  ...finding,
  text: finding.text.replace(/, not ["[{\d].*$/s, ', not ***'),
});

async function readJournal(unit: string, cancelSignal: AbortSignal): Promise<string> {
  const { all, failed, exitCode } = await execa(
    'journalctl',
    ['--no-pager', '--quiet', '--output=short-iso', `--lines=${journalLines}`, `--unit=${unit}`],
    { reject: false, all: true, timeout: journalMs, cancelSignal, stdin: 'ignore' },
  );
  if (failed) return `Not to be had: journalctl ended with ${exitCode}: ${all}\n`;
  return `${all}\n`;
}

/** @param from the file to read, which may be a copy; paths in it are relative to `file` */
function readConfiguration(file: string, from: string): MaskedConfiguration {
  try {
    return maskConfiguration(file, readFileSync(from, 'utf8'));
  } catch (error) {
    return { shown: { unreadable: describeError(error) }, hidden: [], ledgerFile: undefined };
  }
}

/** Counts the rows of each table; names of tables are not secret. */
function countRows(file: string | undefined): unknown {
  if (file === undefined) return { unreadable: 'the configuration does not say where it is' };
  try {
    using database = open(file);
    const schema = Number(Object.values(database.prepare('PRAGMA user_version').get() ?? {})[0]);
    const tables = database
      .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
      .all()
      .map(({ name }) => String(name));
    const rows = tables.map((table) => {
      const found = database.prepare(`SELECT count(*) AS count FROM "${table}"`).get();
      return [table, Number(found?.['count'])] as const;
    });
    return { schema, rows: Object.fromEntries(rows) };
  } catch (error) {
    return { unreadable: describeError(error) };
  }
}

function versions({ version, daemon }: Patient): unknown {
  let system: string | undefined;
  try {
    system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  } catch {
    // Not all systems have the file.
  }
  return {
    cctv: version,
    cctvd: daemon.status?.version,
    node: process.versions,
    system,
    kernel: release(),
    architecture: arch(),
    memoryBytes: totalmem(),
  };
}
