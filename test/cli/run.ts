import { join } from 'node:path';
import { execa } from 'execa';

const cli = join(import.meta.dirname, '../../src/cli');

export interface Run {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user who may read all files, as this checkout may lie where only its owner may look, but write none. */
const stranger = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--inh-caps=+dac_read_search',
  '--ambient-caps=+dac_read_search',
  '--',
];

/** Runs `cctv` or `cctvd` as a process of its own, in an environment with nothing but PATH and `env`. */
export async function run(
  program: 'cctv' | 'cctvd',
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; asStranger?: boolean } = {},
): Promise<Run> {
  const { env = {}, input = '', asStranger = false } = options;
  const [file, ...before] = [...(asStranger ? stranger : []), process.execPath];
  const { exitCode, stdout, stderr } = await execa(
    file ?? process.execPath,
    [...before, join(cli, `${program}.ts`), ...args],
    {
      reject: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      input,
      timeout: 120_000,
    },
  );
  return { code: exitCode, stdout, stderr };
}
