import assert from 'node:assert/strict';
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { run } from '../cli/run.ts';
import { CardRig, readTree } from './card-rig.ts';

const cli = join(import.meta.dirname, '../../src/cli/cctv.ts');

describe('a card that can not be made', { concurrency: 2 }, () => {
  let rig: CardRig;
  before(async () => {
    rig = await CardRig.start();
    rig.fixture.addCamera({ account: 'bach', camera: 'taken' }, 1);
  });
  after(async () => {
    const { cameras } = rig;
    await rig[Symbol.asyncDispose]();
    assert.deepEqual(cameras, ['bach/taken'], 'no camera was registered by any of these');
  });

  const refused = async (
    expected: RegExp,
    name: string,
    more: readonly string[],
    code = 1,
  ): Promise<void> => {
    const card = rig.directory();
    const result = await rig.add(name, card, ...more);
    assert.match(result.stderr, expected);
    assert.equal(result.code, code, result.stderr);
    assert.ok(!result.stderr.includes('    at '), 'no stack');
    assert.deepEqual([...readTree(card).keys()], [], 'nothing was written');
  };

  const file = (text: string): string => {
    const path = rig.fresh();
    writeFileSync(path, text);
    return path;
  };

  it('for a name that is no DNS label', () =>
    refused(/"bach\/Front Door" is no camera: write ACCOUNT\/NAME/, 'bach/Front Door', [], 2));

  it('for an account that is not there, and a camera that is', async () => {
    await refused(/There is no account handel\. Add it with: cctv account add/, 'handel/door', []);
    await refused(/There is a camera bach\/taken already/, 'bach/taken', []);
  });

  it('for a Wi-Fi name or password that no network has', async () => {
    const short = ['--wifi-ssid', '', '--wifi-password-file', file('short')];
    await refused(/is empty[^]*8 to 63/, 'bach/a', short);
    await refused(/There is no file \/nowhere/, 'bach/a', ['--wifi-password-file', '/nowhere']);
  });

  it('for a firmware directory that is none, saying what is missing and where to get it', async () => {
    const empty = rig.directory();
    await refused(
      /is not the firmware for the model wyzecam-v2: it has no run\.sh, no bin\/dropbearmulti[^]*your own copy of https:/,
      'bach/a',
      ['--firmware', empty],
    );
    await refused(/does not exist/, 'bach/a', ['--firmware', '/nowhere']);
    const clashing = rig.directory();
    await execa('cp', ['-r', `${rig.firmware}/.`, clashing]);
    writeFileSync(join(clashing, 'RUN.sh'), '');
    await refused(/differ in capital letters only/, 'bach/a', ['--firmware', clashing]);
    rmSync(join(clashing, 'RUN.sh'));
    symlinkSync('.', join(clashing, 'loop'));
    await refused(/nested too deep/, 'bach/a', ['--firmware', clashing]);
  });

  it('for a model, a server, a country or a time server that is none: all is told at once', () =>
    refused(
      new RegExp(
        [
          'There is no model "webcam"\\. There are: dafang, ',
          'is 34 bytes long',
          '"Germany" must be two capital letters',
          'no name of a machine',
          '"http://x:1" is no server',
          'There is no account handel',
        ].join('[^]*'),
      ),
      'handel/a',
      [
        '--wifi-ssid',
        'ä'.repeat(17),
        '--model',
        'webcam',
        '--country',
        'Germany',
        '--server',
        'http://x:1',
        '--time-server',
        "a'b",
      ],
      2,
    ));

  it('without a server, if that of the daemon can not be guessed', async () => {
    const card = rig.directory();
    const options = rig.options(card);
    options.splice(options.indexOf('--server'));
    const { code, stderr } = await rig.cctv('camera', 'add', 'bach/a', ...options);
    assert.equal(code, 1);
    assert.match(stderr, /listens at 0\.0\.0\.0:2222[^]*Say it with --server HOST:2222/);
  });

  it('without a daemon', async () => {
    const card = rig.directory();
    const { code, stderr } = await run('cctv', [
      '--socket',
      '/nowhere.sock',
      'camera',
      'add',
      'bach/a',
      ...rig.options(card),
    ]);
    assert.equal(code, 1);
    assert.match(stderr, /The daemon is not running/);
    assert.deepEqual([...readTree(card).keys()], []);
  });

  it('for options that are missing, or do not go together', async () => {
    const { code, stderr } = await rig.cctv('camera', 'add', 'bach/a', '--card', rig.directory());
    assert.equal(code, 2);
    assert.match(stderr, /--model is needed for a card\.[^]*--wifi-ssid is needed/);
    const neither = await rig.cctv('camera', 'add', 'bach/a');
    assert.equal(neither.code, 2);
    assert.match(neither.stderr, /either --key FILE[^]*or --card CARD/);
    const token = await rig.cctv('enrol', 'card', '--token', 'x', ...rig.options(rig.directory()));
    assert.match(token.stderr, /This is no token/);
  });

  it('on what is no card', async () => {
    const image = async (path: string): Promise<string> => (await rig.add('bach/a', path)).stderr;
    assert.match(
      await image(rig.path('typo')),
      /There is no .*typo\. Is the card mounted, and where\?/,
    );
    assert.match(await image(file('x'.repeat(100_000))), /is not FAT: it has no FAT file system/);
    assert.match(await image('/dev/null'), /is no directory, no image and no disk/);
    assert.match(await image('/nowhere/x.img'), /There is no directory \/nowhere/);
    const there = await rig.add('bach/a', file(''), '--card-size', '64M');
    assert.match(there.stderr, /is there already: a size can be chosen for a new image only/);
    for (const [size, message] of [
      ['10M', /it takes 40 MB at least/],
      ['much', /"much" is no size: write 512M or 8G/],
    ] as const) {
      const path = rig.fresh('.img');
      const { stderr } = await rig.add('bach/a', path, '--card-size', size);
      assert.match(stderr, message);
      assert.ok(!existsSync(path));
    }
  });

  it('where mtools are not installed, naming the package', async () => {
    const bin = rig.directory();
    symlinkSync(process.execPath, join(bin, 'node'));
    const path = rig.fresh('.img');
    const args = ['--socket', rig.fixture.socket, 'camera', 'add', 'bach/a', ...rig.options(path)];
    const { stderr } = await execa(join(bin, 'node'), [cli, ...args], {
      reject: false,
      extendEnv: false,
      env: { PATH: bin },
    });
    assert.match(stderr, /mdir is not installed[^]*apt-get install mtools/);
    assert.ok(!existsSync(path));
  });

  /** Runs `cctv camera add` on a tmpfs that is mounted for it alone, with these options. */
  const onMount = async (options: string): Promise<string> => {
    const card = rig.directory();
    const script = `mount -t tmpfs -o ${options} none "$0" && exec "$@"`;
    const add = ['--socket', rig.fixture.socket, 'camera', 'add', 'bach/a', ...rig.options(card)];
    const map = process.getuid?.() === 0 ? [] : ['--map-root-user'];
    const { stderr } = await execa(
      'unshare',
      [...map, '--mount', 'sh', '-c', script, card, process.execPath, cli, ...add],
      { reject: false },
    );
    return stderr;
  };

  it('on a mounted card that is not FAT, read-only, or too small', async () => {
    assert.match(await onMount('size=64m'), /is not FAT, and cameras read no other file system/);
    assert.match(await onMount('size=64m,ro'), /is read-only: move the slider on the card/);
    assert.match(
      await onMount('size=100k'),
      /is too small: 2 MB are needed, and it has room for 1 MB/,
    );
  });

  it('in an image that is too small for it', async () => {
    const small = rig.fresh();
    await execa('truncate', ['-s', '36M', small]);
    await execa('/usr/sbin/mkfs.vfat', ['-F', '32', small]);
    await execa('mcopy', ['-i', small, '-', '::/DCIM'], { input: Buffer.alloc(36_500_000) });
    const { code, stderr } = await rig.add('bach/a', small);
    assert.equal(code, 1);
    assert.match(stderr, /is too small: 2 MB are needed, and it has room for/);
    const { stdout } = await execa('mdir', ['-b', '-i', small, '::']);
    assert.equal(stdout.trim(), '::/DCIM');
    const firmware = rig.directory();
    await execa('cp', ['-r', `${rig.firmware}/.`, firmware]);
    writeFileSync(join(firmware, 'large'), Buffer.alloc(45_000_000));
    const fresh = rig.fresh('.img');
    const large = await rig.add('bach/a', fresh, '--card-size', '44M', '--firmware', firmware);
    assert.match(large.stderr, /is too small: 47 MB are needed, and it has room for 43 MB/);
    assert.ok(!existsSync(fresh));
  });
});
