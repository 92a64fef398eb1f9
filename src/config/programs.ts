import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Config } from './config.ts';
import type { Environment } from './secrets.ts';

const packageRoot = join(import.meta.dirname, '..', '..');
const libraryDirectory = '/usr/lib/sapiengraph-cctv';

/** Programs that the daemon runs and that can't be configured. */
const systemPrograms = {
  flock: { brings: 'util-linux', use: 'it keeps a second daemon from the same spool' },
  setpriv: { brings: 'util-linux', use: 'it ends what the daemon started when that is killed' },
  prlimit: {
    brings: 'util-linux',
    use: 'it limits the memory of the programs that read what cameras send',
  },
  sync: { brings: 'coreutils', use: 'it brings footage safely onto the disk' },
};

/** live555ProxyServer: from PATH, from our package, or from the `.tools` of a checkout. */
export function defaultRelayProgram(env: Environment): string {
  const name = 'live555ProxyServer';
  const candidates = [
    join(libraryDirectory, name),
    join(packageRoot, '.tools', 'live555', 'bin', name),
  ];
  return findProgram(name, env) ?? candidates.find(isExecutable) ?? name;
}

/** The library that keeps the relay on loopback; the installed path if there is no such file. */
export function defaultRelayPreload(): string {
  const installed = join(libraryDirectory, 'loopback-only.so');
  const built = join(packageRoot, '.tools', 'relay', 'loopback-only.so');
  return [installed, built].find(isFile) ?? installed;
}

/** One sentence for each program or file that the configuration needs and this machine lacks. */
export function missingPrograms(config: Config, env: Environment): string[] {
  const problems: string[] = [];
  const need = (option: string, program: string, advice: string): void => {
    if (findProgram(program, env) !== undefined) return;
    const fault =
      isAbsolute(program) && isFile(program) ? 'may not be executed' : 'is not on this machine';
    problems.push(`${option}: ${program} ${fault}. ${advice}`);
  };
  for (const [program, { brings, use }] of Object.entries(systemPrograms)) {
    if (findProgram(program, env) !== undefined) continue;
    problems.push(`${program} is not on this machine: ${use}. Install the package ${brings}`);
  }
  need('relay.program', config.relay.program, 'Install livemedia-utils, or give its path');
  if (!isFile(config.relay.preload)) {
    problems.push(
      `relay.preload: there is no ${config.relay.preload}. It keeps the relay off the network: build it, or give its path`,
    );
  }
  need('archive.program', config.archive.program, 'Install ffmpeg, or give its path');
  const certificates = {
    'gateway.tls': config.gateway?.tls,
    'console.web.tls': config.console.web?.tls,
  };
  for (const [section, tls] of Object.entries(certificates)) {
    for (const option of ['certificateFile', 'keyFile'] as const) {
      const file = tls?.[option];
      if (file !== undefined && !isFile(file)) {
        problems.push(
          `${section}.${option}: there is no file ${file}. Give the path of a PEM file`,
        );
      }
    }
  }
  const caFile = config.alerts?.carriers.caFile;
  if (caFile !== undefined && !isFile(caFile)) {
    problems.push(`alerts.caFile: there is no file ${caFile}. Give the path of a PEM file`);
  }
  for (const [index, { name, command }] of config.processors.entries()) {
    const option = `processors[${index}].command (${name})`;
    need(option, command[0] ?? '', 'Give the path of a program that exists');
  }
  return problems;
}

/** The path of a program given by path or by name; undefined if there is no such executable. */
export function findProgram(program: string, env: Environment): string | undefined {
  if (program.includes('/')) return isExecutable(program) ? program : undefined;
  return (env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin')
    .split(delimiter)
    .filter(isAbsolute)
    .map((directory) => join(directory, program))
    .find(isExecutable);
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return isFile(path);
  } catch {
    return false;
  }
}
