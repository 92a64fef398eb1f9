import assert from 'node:assert/strict';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { htdigestLine } from '../../src/provision/passwords.ts';
import { readWifi, wpaSupplicantConf } from '../../src/provision/wifi.ts';
import { CardRig, nextHostKey, password, readImage, readTree, ssid } from './card-rig.ts';
import { firmwarePaths } from './stand-in-firmware.ts';

const root = join(import.meta.dirname, '../..');

describe('a card', { concurrency: 2 }, () => {
  let rig: CardRig;
  before(async () => {
    rig = await CardRig.start();
  });
  after(() => rig[Symbol.asyncDispose]());

  const textOf = (card: ReadonlyMap<string, Buffer>, path: string): string => {
    const file = card.get(path);
    assert.ok(file, `${path} is not on the card`);
    return file.toString('utf8');
  };

  /** Checks what a Dafang's card must have, and returns the camera's own password. */
  const checkDafang = (name: string, card: ReadonlyMap<string, Buffer>, said: string): string => {
    const host = rig.fixture.hostKeys[0]?.line;
    assert.equal(
      textOf(card, 'sapiengraph/tunnel.conf'),
      `SERVERS='cctv.example.com:2222 [2001:db8::7]:2222'\nLOGIN='${name.replace('/', '.')}'\nRTSP='127.0.0.1:8554'\n`,
    );
    assert.equal(
      textOf(card, 'sapiengraph/.ssh/known_hosts'),
      [
        `cctv.example.com ${host}`,
        `cctv.example.com ${nextHostKey}`,
        `2001:db8::7 ${host}`,
        `2001:db8::7 ${nextHostKey}`,
        '',
      ].join('\n'),
    );
    const wifi = wpaSupplicantConf(readWifi(ssid, password));
    assert.equal(textOf(card, 'config/wpa_supplicant.conf'), wifi);
    assert.equal(textOf(card, 'config/hostname.conf'), `${name.split('/')[1]}\n`);
    assert.equal(textOf(card, 'config/ssh.conf'), 'ssh_port=22\nssh_password=off\n');

    const [, own = ''] = /user root, password (\S{20}) /.exec(said) ?? [];
    assert.equal(textOf(card, 'config/lighttpd.user'), htdigestLine('root', 'all', own));
    assert.match(
      textOf(card, 'etc/shadow'),
      /^root:\$1\$[^:]{31}:10933:0:99999:7:::\nother:\*:10933:0:99999:7:::\n$/,
    );
    assert.ok(!card.has('config/hostapd.conf.dist'));

    for (const path of ['tunnel.sh', 'rtsp-watch.sh']) {
      const shipped = readFileSync(join(root, 'firmware/common', path));
      assert.deepEqual(card.get(`sapiengraph/${path}`), shipped);
    }
    const overlay = readTree(join(root, 'firmware/dafang/overlay'));
    for (const [path, content] of overlay) assert.deepEqual(card.get(path), content);
    for (const path of firmwarePaths) {
      assert.ok(card.has(path) || path === 'config/hostapd.conf.dist', path);
    }
    for (const path of ['run.sh', 'bin/dropbearmulti', 'driver/sensor.ko', 'empty.txt']) {
      assert.deepEqual(card.get(path), readFileSync(join(rig.firmware, path)));
    }
    return own;
  };

  it('is made in a directory, and its camera waits for first contact', async () => {
    const card = rig.directory();
    const { code, stdout, stderr } = await rig.add('bach/front-door', card);
    assert.equal(code, 0, stderr);
    assert.equal(stderr, '');
    const files = readTree(card);
    checkDafang('bach/front-door', files, stdout);
    rig.checkRegistered('bach/front-door', files);
    assert.match(stdout, /^Camera bach\/front-door is added[^]*never connected/);
    assert.match(stdout, /ordinary directory\. Copy all of it onto a FAT32 card/);
    for (const secret of ['sapiengraph/id_dropbear', 'config/wpa_supplicant.conf', 'etc/shadow']) {
      assert.equal(statSync(join(card, secret)).mode & 0o777, 0o600, secret);
    }
    assert.equal(statSync(join(card, 'run.sh')).mode & 0o777, 0o755);
    assert.ok(
      !stdout.includes(password) && ![...files.values()].some((file) => file.includes(password)),
    );
    const listed = await rig.cctv('camera', 'list');
    assert.match(listed.stdout, /^bach\/front-door +never connected/m);
  });

  it('is made as a new image with one FAT32 partition, which mtools reads back byte for byte', async () => {
    const image = rig.fresh('.img');
    const { code, stdout, stderr } = await rig.add('bach/kitchen', image, '--card-size', '64M');
    assert.equal(code, 0, stderr);
    const files = await readImage(image, '@@1M', rig.fresh());
    checkDafang('bach/kitchen', files, stdout);
    rig.checkRegistered('bach/kitchen', files);
    assert.equal(statSync(image).size, 64_000_000);
    assert.equal(statSync(image).mode & 0o777, 0o600);
    const table = readFileSync(image).subarray(446, 512);
    assert.deepEqual(
      [table[4], table.readUInt32LE(8), table.readUInt16LE(64)],
      [0x0c, 2048, 0xaa55],
    );

    // The file system alone, as fsck wants it.
    const partition = rig.fresh('.fat');
    await execa('dd', [`if=${image}`, `of=${partition}`, 'bs=1M', 'skip=1', 'status=none']);
    await execa('fsck.vfat', ['-n', partition], {
      env: { PATH: `${process.env['PATH']}:/usr/sbin` },
    });
  });

  it('is made in an image that is there, and what else is in it stays', async () => {
    const image = rig.fresh();
    await execa('truncate', ['-s', '40M', image]);
    await execa('/usr/sbin/mkfs.vfat', ['-F', '32', image]);
    await execa('mcopy', ['-i', image, '-', '::/DCIM.txt'], { input: 'footage' });
    await execa('mcopy', ['-i', image, '-', '::/runonce.done'], { input: '' });
    // Twice, as when a card gets another camera: it must not count as full of its own files.
    for (const name of ['bach/attic', 'bach/cellar']) {
      const { code, stdout, stderr } = await rig.add(name, image);
      assert.equal(code, 0, stderr);
      const files = await readImage(image, '', rig.fresh());
      checkDafang(name, files, stdout);
      rig.checkRegistered(name, files);
      assert.equal(files.get('DCIM.txt')?.toString(), 'footage');
      assert.ok(!files.has('runonce.done'));
    }
  });

  it('takes the drivers and boot parameters of the model with half the memory', async () => {
    const card = rig.directory();
    const { code, stderr } = await rig.add('bach/small', card, '--model', 'xiaofang-t20l');
    assert.equal(code, 0, stderr);
    const files = readTree(card);
    assert.deepEqual(files.get('driver/sensor.ko'), Buffer.alloc(90_000, 2));
    assert.equal(files.get('uEnv.boot.txt')?.toString(), 'mem=39M\n');
  });

  it("is made for thingino without firmware, with its RTSP server's login", async () => {
    const card = rig.directory();
    const { code, stdout, stderr } = await rig.cctv(
      'camera',
      'add',
      'bach/yard',
      '--card',
      card,
      '--model',
      'thingino',
      '--wifi-ssid',
      'shop',
      '--wifi-password-file',
      rig.path('password'),
      '--server',
      'cctv.example.com',
      '--time-server',
      '192.0.2.1',
    );
    assert.equal(code, 0, stderr);
    const files = readTree(card);
    rig.checkRegistered('bach/yard', files);
    const { psk } = readWifi('shop', password);
    assert.equal(textOf(files, 'uenv.txt'), `wlan_ssid=shop\nwlan_pass=${psk}\n`);
    assert.match(textOf(files, 'sapiengraph/tunnel.conf'), /^RTSP='127\.0\.0\.1:554'$/m);
    assert.equal(textOf(files, 'sapiengraph/ntp'), '192.0.2.1\n');
    const wifi = wpaSupplicantConf(readWifi('shop', password));
    assert.equal(textOf(files, 'sapiengraph/wpa_supplicant.conf'), wifi);
    for (const path of ['runonce.sh', 'sapiengraph/S95sapiengraph', 'sapiengraph/tunnel.sh']) {
      assert.ok(files.has(path), path);
    }
    const shown = JSON.parse((await rig.cctv('camera', 'show', 'bach/yard', '--json')).stdout);
    assert.equal(shown.settings.rtspPath, '/ch0');
    assert.equal(shown.settings.rtspUser, 'thingino');
    assert.ok(!stdout.includes('user root'));
  });

  it('is made for a batch without a key, and the one of an earlier use is gone', async () => {
    const card = rig.directory();
    await rig.add('bach/earlier', card);
    const token = 'abcdefghijklmnopqrstuvwxyz234567';
    const options = rig.options(card);
    const { code, stdout, stderr } = await rig.cctv('enrol', 'card', '--token', token, ...options);
    assert.equal(code, 0, stderr);
    const files = readTree(card);
    assert.match(
      textOf(files, 'sapiengraph/tunnel.conf'),
      new RegExp(`^LOGIN='enrol.${token}'$`, 'm'),
    );
    assert.ok(!files.has('sapiengraph/id_dropbear'));
    assert.match(stdout, /^Copy it as often as there are cameras/m);
  });

  it("keeps the camera's own password in a file, if one is named, and does not show it", async () => {
    const card = rig.directory();
    const file = rig.fresh();
    const { code, stdout } = await rig.add('bach/shed', card, '--camera-password-file', file);
    assert.equal(code, 0);
    const own = readFileSync(file, 'utf8').trim();
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(
      readTree(card).get('config/lighttpd.user')?.toString(),
      htdigestLine('root', 'all', own),
    );
    assert.ok(!stdout.includes(own));
  });

  it('never writes through a link that is on it', async () => {
    const card = rig.directory();
    const outside = rig.fresh();
    writeFileSync(outside, 'precious');
    await execa('ln', ['-s', outside, join(card, 'run.sh')]);
    const { code } = await rig.add('bach/hall', card);
    assert.equal(code, 0);
    assert.equal(readFileSync(outside, 'utf8'), 'precious');
    await execa('ln', ['-s', rig.directory(), join(rig.directory(), 'config')]);
    const linked = rig.directory();
    await execa('ln', ['-s', rig.directory(), join(linked, 'config')]);
    const refused = await rig.add('bach/porch', linked);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /config is in the way: a folder of that name is needed/);
    assert.ok(!rig.cameras.includes('bach/porch'));
  });

  it('that is prepared with the firmware already is its own firmware', async () => {
    const card = rig.directory();
    await execa('cp', ['-r', `${rig.firmware}/.`, card]);
    const { code, stdout, stderr } = await rig.add('bach/gate', card, '--firmware', card);
    assert.equal(code, 0, stderr);
    checkDafang('bach/gate', readTree(card), stdout);
    rmSync(card, { recursive: true });
  });

  // A disk that is none takes the right and the kernel's support for it.
  if (process.getuid?.() === 0 && existsSync('/dev/loop-control')) {
    it('is made on a disk, only if that was said twice when it is no card', async () => {
      const image = rig.fresh();
      await execa('truncate', ['-s', '64M', image]);
      const { stdout: disk } = await execa('losetup', ['--find', '--show', image]);
      try {
        const fixed = await rig.add('bach/disk', disk);
        assert.match(fixed.stderr, /is no card and no USB stick: it is built into this machine/);
        const asked = await rig.add('bach/disk', disk, '--even-if-fixed');
        assert.match(
          asked.stderr,
          /^cctv: Overwrite \/dev\/loop\d+, a .* with no partitions\? All/,
        );
        assert.equal(asked.code, 2);
        assert.ok(!readFileSync(image).includes('SAPIENGRAPH'), 'it is as it was');
        const { code, stderr } = await rig.add('bach/disk', disk, '--even-if-fixed', '--yes');
        assert.equal(code, 0, stderr);
      } finally {
        await execa('losetup', ['--detach', disk]);
      }
      rig.checkRegistered('bach/disk', await readImage(image, '@@1M', rig.fresh()));
    });
  }
});
