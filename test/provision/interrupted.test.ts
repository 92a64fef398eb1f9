import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { eventually } from '../support/until.ts';
import { CardRig, readTree } from './card-rig.ts';

const cli = join(import.meta.dirname, '../../src/cli/cctv.ts');
const keyPath = 'sapiengraph/id_dropbear';

describe('a card that fails half-way', { concurrency: 2 }, () => {
  let rig: CardRig;
  before(async () => {
    rig = await CardRig.start();
  });
  after(() => rig[Symbol.asyncDispose]());

  const command = (name: string, card: string): string[] => [
    process.execPath,
    cli,
    '--socket',
    rig.fixture.socket,
    'camera',
    'add',
    name,
    ...rig.options(card),
  ];

  /** Runs it with one system call going wrong, as the kernel would say of a card that is gone. */
  const faulty = async (
    name: string,
    card: string,
    inject: string,
    path?: string,
  ): Promise<string> => {
    const where = path === undefined ? [] : ['-P', join(card, path)];
    const { stderr, exitCode } = await execa(
      'strace',
      [
        '-f',
        '-qqq',
        '--seccomp-bpf',
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync',
        ...where,
        '-e',
        `inject=${inject}`,
        ...command(name, card),
      ],
      // strace counts the calls of each thread for itself.
      { reject: false, env: { UV_THREADPOOL_SIZE: '1' } },
    );
    assert.equal(exitCode, 1, stderr);
    assert.ok(!rig.cameras.includes(name), 'it is not registered');
    return stderr;
  };

  const faults: readonly (readonly [string, string, RegExp, string?])[] = [
    ['is pulled out', 'fsync:error=EIO:when=9', /is gone or broken: it was pulled out/],
    ['is gone when the key is written', 'fsync:error=ENODEV', /is gone or broken/, keyPath],
    ['turns read-only', 'fsync:error=EROFS:when=9', /is read-only: move the slider/],
    ['is full after all', 'fsync:error=ENOSPC:when=9', /is full: take a larger card/],
  ];
  for (const [n, [what, inject, message, path]] of faults.entries()) {
    it(`because it ${what}: no camera is registered, and no key is on it`, async () => {
      const card = rig.directory();
      const stderr = await faulty(`bach/faulty-${n}`, card, inject, path);
      assert.match(stderr, message);
      assert.match(stderr, /No camera was registered\.$/m);
      const files = readTree(card);
      assert.ok(files.size > 5, 'it was begun');
      assert.ok(!files.has(keyPath));
    });
  }

  it('because the disk is full under a new image: nothing of the image stays', async () => {
    const mount = rig.directory();
    const image = join(mount, 'card.img');
    const { stderr } = await execa(
      'unshare',
      [
        ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
        '--mount',
        'sh',
        '-c',
        'mount -t tmpfs -o size=2700k none "$0"; "$@"; ls "$0"',
        mount,
        ...command('bach/full', image),
      ],
      { reject: false },
    ).then(({ stderr: said, stdout }) => {
      assert.equal(stdout, '');
      return { stderr: said };
    });
    assert.match(stderr, /is full/);
    assert.ok(!rig.cameras.includes('bach/full'));
  });

  it('because the operator stops it: no camera, no key', async () => {
    const card = rig.directory();
    // Slow enough to be met in the middle.
    const [, ...args] = command('bach/stopped', card);
    const child = spawn(
      'strace',
      [
        '-f',
        '-qqq',
        '--seccomp-bpf',
        '-o',
        '/dev/null',
        '-e',
        'trace=fsync',
        '-e',
        'inject=fsync:delay_enter=100000',
        process.execPath,
        ...args,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true },
    );
    const said = text(child.stderr);
    const ended = once(child, 'exit');
    await eventually('the first files', 20_000, () =>
      existsSync(join(card, 'sapiengraph/tunnel.conf')) ? true : undefined,
    );
    // As a terminal does: to all of the process group. strace itself lets it pass.
    process.kill(-(child.pid ?? 0), 'SIGINT');
    await ended;
    assert.match(await said, /Stopped: the card is not finished\. No camera was registered\./);
    assert.ok(!rig.cameras.includes('bach/stopped'));
    assert.ok(!existsSync(join(card, keyPath)));
    assert.ok(readdirSync(card).length > 0);
  });

  it('because the daemon refuses at the end: the key and the password file are taken back', async () => {
    const card = rig.directory();
    const file = rig.fresh();
    // A camera of that name appears after the check, while the card is written.
    const strace = ['-f', '-qqq', '--seccomp-bpf', '-o', '/dev/null', '-e', 'trace=fsync'];
    const slow = execa(
      'strace',
      [
        ...strace,
        '-e',
        'inject=fsync:delay_enter=20000',
        ...command('bach/raced', card),
        '--camera-password-file',
        file,
      ],
      { reject: false },
    );
    await eventually('the first files', 20_000, () =>
      existsSync(join(card, 'sapiengraph/tunnel.conf')) ? true : undefined,
    );
    rig.fixture.addCamera({ account: 'bach', camera: 'raced' }, 99);
    const { exitCode, stderr } = await slow;
    assert.equal(exitCode, 1);
    assert.match(stderr, /bach\/raced/);
    assert.ok(!existsSync(join(card, keyPath)));
    assert.ok(!existsSync(file));
  });

  it('can be made again with the same command', async () => {
    const card = rig.directory();
    await faulty('bach/again', card, 'fsync:error=EIO:when=20');
    const { code, stderr } = await rig.add('bach/again', card);
    assert.equal(code, 0, stderr);
    rig.checkRegistered('bach/again', readTree(card));
  });
});
