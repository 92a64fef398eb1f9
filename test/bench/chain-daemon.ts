import { join } from 'node:path';
import { execa } from 'execa';

const root = join(import.meta.dirname, '../..');

/** The daemon as it is installed. Node needs 20 MiB more to run its source. */
export async function builtDaemon(): Promise<string> {
  await execa('npm', ['run', '--silent', 'build'], { cwd: root, timeout: 120_000 });
  return join(root, 'bin/cctvd');
}
