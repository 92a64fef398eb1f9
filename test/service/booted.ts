import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { execa } from 'execa';

const { RELEASE } = process.env;

// What is proven is in booted-inside.ts, which is run where it can disturb nothing: in namespaces of its
// own, with the machine's end of a cable as its only network.
for (const release of RELEASE === undefined ? ['bookworm', 'trixie'] : [RELEASE]) {
  it(`is installed, set up, watched over, upgraded and purged as a service of a booted Debian ${release}`, async () => {
    assert.equal(process.getuid?.(), 0, 'booting a machine takes root: run this as root');
    const { exitCode } = await execa(
      'unshare',
      [
        ...['--net', '--mount', '--', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"'],
        ...[
          process.execPath,
          '--test-reporter=spec',
          join(import.meta.dirname, 'booted-inside.ts'),
        ],
      ],
      {
        // Or its tests would be taken for some of this process.
        env: { NODE_TEST_CONTEXT: undefined, RELEASE: release },
        stdio: ['ignore', 2, 2],
        reject: false,
        timeout: 600_000,
      },
    );
    assert.equal(exitCode, 0);
  });
}
