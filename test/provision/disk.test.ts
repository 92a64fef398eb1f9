import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describeDisk, inspectDisk } from '../../src/provision/disk.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-disks-'));
after(() => rmSync(directory, { recursive: true }));
let made = 0;

/** Imitations of /sys and /proc, in the form that the kernel gives them. */
function machine(files: Readonly<Record<string, string>>, mountinfo = '', swaps = '') {
  made += 1;
  const root = join(directory, String(made));
  const all = {
    ...Object.fromEntries(
      Object.entries(files).map(([path, text]) => [`sys/class/block/${path}`, text]),
    ),
    'proc/self/mountinfo': mountinfo,
    'proc/swaps': `Filename Type Size Used Priority\n${swaps}`,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return { sys: join(root, 'sys'), proc: join(root, 'proc') };
}

const stick = {
  'sdz/dev': '65:144',
  'sdz/size': '62333952',
  'sdz/ro': '0',
  'sdz/removable': '1',
  'sdz/device/vendor': 'Generic ',
  'sdz/device/model': 'STORAGE DEVICE  ',
  'sdz/sdz1/partition': '1',
  'sdz/sdz1/size': '62325760',
  'sdz1/dev': '65:145',
  'sdz1/partition': '1',
};

const mount = (number: string, at: string, source: string): string =>
  `36 25 ${number} / ${at} rw,relatime shared:1 - ext4 ${source} rw\n`;

describe('a disk that a card is to be made on', () => {
  it('is described by what it is, its size and its partitions', () => {
    const disk = inspectDisk('/dev/sdz', machine(stick));
    assert.equal(disk.isRemovable, true);
    assert.equal(
      describeDisk(disk),
      '/dev/sdz, a Generic STORAGE DEVICE of 31.9 GB with sdz1 of 31.9 GB',
    );
  });

  it('is a card in a slot of its own too, but not the memory that is soldered in', () => {
    const slot = { 'mmcblk7/dev': '179:0', 'mmcblk7/size': '1000000', 'mmcblk7/removable': '0' };
    const look = (type: string) =>
      inspectDisk('/dev/mmcblk7', machine({ ...slot, 'mmcblk7/device/type': type }));
    assert.equal(look('SD').isRemovable, true);
    assert.equal(look('MMC').isRemovable, false);
  });

  const refusals: Readonly<Record<string, readonly [ReturnType<typeof machine>, RegExp]>> = {
    'holds the system': [machine(stick, mount('65:145', '/', '/dev/root')), /own system \(\/\)/],
    'holds what the system starts from': [
      machine(stick, mount('65:145', '/boot/efi', '/dev/sdz1')),
      /own system \(\/boot\/efi\)\. It is never overwritten/,
    ],
    'holds a file system that has numbers of its own': [
      machine(stick, mount('0:42', '/home', '/dev/sdz1')),
      /own system \(\/home\)/,
    ],
    'is mounted': [
      machine(stick, mount('65:145', '/media/my\\040card', '/dev/sdz1')),
      /mounted at \/media\/my card\. If that is the card, unmount it first/,
    ],
    'is swapped to': [machine(stick, '', '/dev/sdz1 partition 8 0 -2'), /this machine swaps to it/],
    'carries a volume with the system on it': [
      machine(
        {
          ...stick,
          'sdz1/holders/dm-3/dev': '254:3',
          'dm-3/dev': '254:3',
          'dm-3/dm/name': 'vg-root',
        },
        mount('254:3', '/', '/dev/mapper/vg-root'),
      ),
      /own system \(\/\)/,
    ],
    'carries a volume that is open': [
      machine({ ...stick, 'sdz1/holders/dm-3/dev': '254:3', 'dm-3/dev': '254:3' }),
      /in use by dm-3/,
    ],
    'is a reader without a card': [machine({ ...stick, 'sdz/size': '0' }), /There is no card in/],
    'is write-protected': [machine({ ...stick, 'sdz/ro': '1' }), /read-only: move the slider/],
    'is larger than any card': [
      machine({ ...stick, 'sdz/size': String(2 ** 33) }),
      /larger than any SD card/,
    ],
  };
  for (const [what, [sources, message]] of Object.entries(refusals)) {
    it(`is refused if it ${what}`, () => {
      assert.throws(() => inspectDisk('/dev/sdz', sources), { name: 'OperatorError', message });
    });
  }

  it('must be a whole disk that is there', () => {
    assert.throws(
      () => inspectDisk('/dev/sdz1', machine(stick)),
      /is a partition\. Name the whole disk, \/dev\/sdz,/,
    );
    assert.throws(
      () => inspectDisk('/dev/mmcblk7p1', machine({ 'mmcblk7p1/partition': '1' })),
      /Name the whole disk, \/dev\/mmcblk7,/,
    );
    assert.throws(() => inspectDisk('/dev/sdy', machine(stick)), /There is no disk \/dev\/sdy/);
  });
});
