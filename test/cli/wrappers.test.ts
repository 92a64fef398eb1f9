import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { execa } from 'execa';

const bin = join(import.meta.dirname, '../../bin');
const directory = mkdtempSync(join(tmpdir(), 'cctv-wrappers-'));
after(() => rmSync(directory, { recursive: true, force: true }));

interface Parts {
  /** Whether it was built. */
  readonly built?: boolean;
  /** Whether bin/tools chose a Node.js for it. */
  readonly tools?: boolean;
  /** Whether the machine has one. */
  readonly machine?: boolean;
}

/** A checkout in which each Node.js notes how it is started, and does no more. */
function checkout(program: string, { built = true, tools = true, machine = true }: Parts) {
  const root = mkdtempSync(join(directory, 'checkout-'));
  const [log, path] = [join(root, 'starts'), join(root, 'path')];
  writeFileSync(log, '');
  for (const folder of ['bin', 'dist/cli', '.tools/bin', 'path']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  copyFileSync(join(bin, program), join(root, 'bin', program));
  if (built) writeFileSync(join(root, `dist/cli/${program}.js`), '');
  const node = (name: string, file: string): void =>
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >>"${log}"\n`, { mode: 0o755 });
  if (tools) node('tools', join(root, '.tools/bin/node'));
  if (machine) node('machine', join(path, 'node'));
  // The shell's own helpers, and nothing else.
  for (const tool of ['sh', 'readlink']) symlinkSync(`/usr/bin/${tool}`, join(path, tool));
  const run = () =>
    execa(join(root, 'bin', program), ['status', 'a b'], {
      reject: false,
      extendEnv: false,
      env: { PATH: path },
      timeout: 10_000,
    });
  return { root, run, starts: () => readFileSync(log, 'utf8') };
}

for (const program of ['cctv', 'cctvd']) {
  describe(`bin/${program}`, () => {
    it('starts Node.js once: the one of bin/tools, else of the machine', async () => {
      for (const [parts, which] of [
        [{}, 'tools'],
        [{ tools: false }, 'machine'],
        [{ machine: false }, 'tools'],
      ] as const) {
        const { root, run, starts } = checkout(program, parts);
        const { exitCode, stderr } = await run();
        assert.equal(exitCode, 0, stderr);
        assert.equal(starts(), `${which} ${root}/dist/cli/${program}.js status a b\n`);
      }
    });

    it('says what is missing', async () => {
      const bare = await checkout(program, { tools: false, machine: false }).run();
      assert.equal(bare.exitCode, 1);
      assert.match(bare.stderr, /: Node\.js 24 or later is missing; \S+\/bin\/tools fetches it/);
      const raw = await checkout(program, { built: false }).run();
      assert.equal(raw.exitCode, 1);
      assert.match(raw.stderr, /\.js is missing; build it with: /);
    });
  });
}
