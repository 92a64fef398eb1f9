import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { itHasAllItNeeds } from './contents.ts';
import { buildPackage } from './packages.ts';

/** Debian's releases; one alone if it is named in the environment. */
const { RELEASE } = process.env;
const releases = RELEASE === undefined ? ['bookworm', 'trixie'] : [RELEASE];

describe('the package', () => {
  let directory: string;
  let built: string;
  let tree: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-package-'));
    built = await buildPackage(join(directory, 'package'));
    tree = join(directory, 'tree');
    await execa('dpkg-deb', ['--extract', built, tree]);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  it('is the same, byte for byte, when it is built again', async () => {
    const again = await buildPackage(join(directory, 'again'));
    assert.ok((await readFile(built)).equals(await readFile(again)));
  });

  it('is as lintian wants it', async () => {
    await execa('lintian', ['--allow-root', '--fail-on', 'error,warning', built]);
  });

  itHasAllItNeeds(() => tree);

  // What is proven is in booted-inside.ts, which is run where it can disturb nothing: in namespaces of its
  // own, with the machine's end of a cable as its only network.
  for (const release of releases) {
    it(`is installed, set up, watched over, upgraded and purged as a service of a booted Debian ${release}`, async () => {
      assert.equal(process.getuid?.(), 0, 'booting a machine takes root: run this as root');
      const inside = join(import.meta.dirname, 'booted-inside.ts');
      const { exitCode } = await execa(
        'unshare',
        [
          '--net',
          '--mount',
          '--',
          'sh',
          '-c',
          'ip link set lo up && exec "$0" "$@"',
          process.execPath,
          '--test-reporter=spec',
          inside,
        ],
        {
          // Or its tests would be taken for some of this process.
          env: { NODE_TEST_CONTEXT: undefined, RELEASE: release, PACKAGE: built },
          stdio: ['ignore', 2, 2],
          reject: false,
          timeout: 900_000,
        },
      );
      assert.equal(exitCode, 0);
    });
  }
});
