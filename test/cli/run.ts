import { join } from 'node:path';
import { execa } from 'execa';

const cli = join(import.meta.dirname, '../../src/cli');

export interface Run {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `cctv` or `cctvd` as a process of its own, in an environment with nothing but PATH and `env`. */
export async function run(
  program: 'cctv' | 'cctvd',
  args: readonly string[],
  options: { env?: Record<string, string>; input?: string; uid?: number } = {},
): Promise<Run> {
  const { env = {}, input = '', uid } = options;
  const { exitCode, stdout, stderr } = await execa(
    process.execPath,
    [join(cli, `${program}.ts`), ...args],
    {
      reject: false,
      extendEnv: false,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      input,
      timeout: 30_000,
      ...(uid === undefined ? {} : { uid, gid: uid }),
    },
  );
  return { code: exitCode, stdout, stderr };
}
