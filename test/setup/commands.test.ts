import assert from 'node:assert/strict';
import { chmod, cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Options, execa } from 'execa';

const bin = join(import.meta.dirname, '../../bin');

describe('cctv and cctvd', () => {
  let directory = '';
  const run = (name: string, options: Options = {}) =>
    execa(join(directory, 'elsewhere', name), ['one', 'two words'], { reject: false, ...options });

  /** A checkout with the real scripts, reached through a link from another folder. */
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-commands-'));
    await mkdir(join(directory, 'checkout/dist/cli'), { recursive: true });
    await mkdir(join(directory, 'elsewhere'));
    await mkdir(join(directory, 'old'));
    await cp(bin, join(directory, 'checkout/bin'), { recursive: true });
    for (const name of ['cctv', 'cctvd']) {
      await symlink(join('../checkout/bin', name), join(directory, 'elsewhere', name));
      await writeFile(
        join(directory, `checkout/dist/cli/${name}.js`),
        'console.log(process.argv.slice(2).join("|")); process.exitCode = 7;',
      );
    }
    await writeFile(join(directory, 'old/node'), '#!/bin/sh\necho 20\n');
    await chmod(join(directory, 'old/node'), 0o755);
  });
  after(() => rm(directory, { recursive: true }));

  it('hand on arguments and exit code, from wherever they are linked to', async () => {
    for (const name of ['cctv', 'cctvd']) {
      const { stdout, exitCode } = await run(name);
      assert.equal(stdout, 'one|two words');
      assert.equal(exitCode, 7);
    }
  });

  it('say plainly that Node.js is too old', async () => {
    const { stderr, exitCode } = await run('cctv', {
      env: { PATH: `${join(directory, 'old')}:/usr/bin:/bin` },
    });
    assert.match(String(stderr), /^cctv: needs Node\.js 24 or later; .*\/bin\/tools fetches one/);
    assert.equal(exitCode, 1);
  });

  it('say how to build what is not built', async () => {
    await rm(join(directory, 'checkout/dist/cli/cctvd.js'));
    const { stderr, exitCode } = await run('cctvd');
    assert.match(String(stderr), /cctvd\.js is missing; build it with: .*npm run build/);
    assert.equal(exitCode, 1);
  });
});
