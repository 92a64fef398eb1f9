import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';

const bin = join(import.meta.dirname, '../../bin');

describe('cctv and cctvd', () => {
  let directory = '';
  const run = (name: string) =>
    execa(join(directory, 'elsewhere', name), ['one', 'two words'], { reject: false });

  /** A checkout with the real scripts, reached through a link from another folder. */
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-commands-'));
    await mkdir(join(directory, 'checkout/dist/cli'), { recursive: true });
    await mkdir(join(directory, 'elsewhere'));
    await cp(bin, join(directory, 'checkout/bin'), { recursive: true });
    for (const name of ['cctv', 'cctvd']) {
      await symlink(join('../checkout/bin', name), join(directory, 'elsewhere', name));
      await writeFile(
        join(directory, `checkout/dist/cli/${name}.js`),
        'console.log(process.argv.slice(2).join("|")); process.exitCode = 7;',
      );
    }
  });
  after(() => rm(directory, { recursive: true }));

  it('hand on arguments and exit code, from wherever they are linked to', async () => {
    for (const name of ['cctv', 'cctvd']) {
      const { stdout, exitCode } = await run(name);
      assert.equal(stdout, 'one|two words');
      assert.equal(exitCode, 7);
    }
  });

  it('say how to build what is not built', async () => {
    await rm(join(directory, 'checkout/dist/cli/cctvd.js'));
    const { stderr, exitCode } = await run('cctvd');
    assert.match(String(stderr), /cctvd\.js is missing; build it with: .*npm run build/);
    assert.equal(exitCode, 1);
  });
});
