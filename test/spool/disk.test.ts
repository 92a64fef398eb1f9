import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { DiskFullError, DiskUnusableError } from '../../src/lib/disk-full.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import type { Segment } from '../../src/model/segment.ts';
import type { SpoolOptions } from '../../src/spool/options.ts';
import { openSpool } from '../../src/spool/spool.ts';
import {
  frontDoor,
  garden,
  publishFootage,
  sha256Of,
  someTimeMs,
  temporaryDirectory,
  writeFootage,
} from '../support/segments.ts';
import { smallDisk } from '../support/small-disk.ts';
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const dropping = join(import.meta.dirname, '../support/dropping-process.ts');
const minuteOf = ({ startMs }: { startMs: number }) => (startMs - someTimeMs) / 60_000;
const forever = new AbortController().signal;

/** A spool that looks at its disk often, and what it said. */
async function watchedSpool(directory: string, options: Partial<SpoolOptions> = {}) {
  const log = new KeptLog();
  const told: Segment[] = [];
  const spool = await openSpool({
    directory,
    log,
    rescanMs: 60_000,
    measureMs: 20,
    onDropped: (segment) => {
      assert.ok(existsSync(segment.path), 'deleted before it was told of');
      told.push(segment);
    },
    ...options,
  });
  const minutes = async () => (await spool.list()).map(minuteOf);
  const said = (level: string) =>
    log.lines.filter((line) => line.level === level).map(({ message }) => message);
  const dispose = () => spool[Symbol.asyncDispose]();
  return { spool, log, told, minutes, said, [Symbol.asyncDispose]: dispose };
}

/** The minutes from `from` to `to`, without `to`. */
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => from + index);

async function publishMinutes(
  { spool }: Awaited<ReturnType<typeof watchedSpool>>,
  from: number,
  to: number,
  bytes = 10_000,
): Promise<Segment[]> {
  const segments: Segment[] = [];
  for (const minute of range(from, to)) {
    segments.push(await publishFootage(spool, minute % 2 ? frontDoor : garden, minute, bytes));
  }
  return segments;
}

const tenOfThem = { budgetBytes: 100_000, reserveBytes: 1 };

describe('a spool that is full', () => {
  it('drops its oldest segments, of whichever camera, each told of before it is deleted', async () => {
    await using directory = await temporaryDirectory();
    await using test = await watchedSpool(directory.path, { disk: tenOfThem });
    await publishMinutes(test, 0, 25);
    await eventually('room', 5_000, () => test.told.length === 15);
    await delay(100);
    assert.deepEqual(test.told.map(minuteOf), range(0, 15));
    assert.deepEqual(await test.minutes(), range(15, 25));
    const { disk } = test.spool.usage();
    assert.equal(disk.state, 'full');
    assert.match(disk.detail ?? '', /^the spool holds 0\.. MB, its budget is 0\.1 MB$/);
    assert.deepEqual(disk.dropped, { files: 15, bytes: 150_000 });
    assert.equal(test.spool.disk.isFull, false);
    assert.deepEqual(test.said('error'), ['the spool is full; its oldest footage is dropped']);
    assert.deepEqual(
      test.said('warn').filter((message) => message.includes('dropped')),
      ['the spool is full: its oldest segment was dropped'],
    );
    for (const segment of (await test.spool.list()).slice(0, 6)) await test.spool.remove(segment);
    await eventually('the all-clear', 5_000, () => test.spool.usage().disk.state === 'ok');
    assert.equal(test.said('info').at(-1), 'the spool has room again');
  });

  it('warns before, once, with how long it lasts and what to do', async () => {
    await using directory = await temporaryDirectory();
    await using test = await watchedSpool(directory.path, { disk: tenOfThem });
    for (const minute of range(0, 9)) {
      await publishMinutes(test, minute, minute + 1);
      await delay(120);
    }
    await eventually('the warning', 5_000, () => test.said('warn').length > 0);
    await delay(100);
    assert.deepEqual(test.said('warn'), ['the spool is nearly full']);
    assert.deepEqual(test.said('error'), []);
    const { fields } = test.log.lines.find(({ level }) => level === 'warn') ?? {};
    assert.match(String(fields?.['cause']), /its budget is 0.1 MB/);
    assert.equal(fields?.['lasts'], 'less than a minute');
    assert.match(
      String(fields?.['hint']),
      /raise spool\.budgetGigabytes .*oldest footage .* is dropped/,
    );
    assert.equal(test.spool.usage().disk.state, 'nearly full');
  });

  it('counts what is being recorded and what was set aside', async () => {
    await using directory = await temporaryDirectory();
    await using test = await watchedSpool(directory.path, { disk: tenOfThem });
    const [rotten] = await publishMinutes(test, 0, 1, 40_000);
    assert.ok(rotten);
    await test.spool.setAside(rotten);
    await writeFootage(test.spool, garden, 1, 30_000);
    await eventually('the sum', 5_000, () => test.spool.usage().disk.usedBytes === 70_000);
    const { recordingBytes, damagedBytes } = test.spool.usage().disk;
    assert.deepEqual(
      { recordingBytes, damagedBytes },
      { recordingBytes: 30_000, damagedBytes: 40_000 },
    );
    await publishMinutes(test, 2, 10);
    await eventually('room', 5_000, () => test.told.length === 5);
  });

  it('drops none that is worked with, and stops recording if there is no other', async () => {
    await using directory = await temporaryDirectory();
    await using test = await watchedSpool(directory.path, { disk: tenOfThem });
    const segments = await publishMinutes(test, 0, 10);
    const held = segments.slice(0, 3).map((segment) => test.spool.hold(segment));
    await publishMinutes(test, 10, 12);
    await eventually('room', 5_000, () => test.told.length === 2);
    assert.deepEqual(test.told.map(minuteOf), [3, 4]);
    held.push(...(await test.spool.list()).map((segment) => test.spool.hold(segment)));
    await writeFootage(test.spool, garden, 12, 10_000);
    await assert.rejects(test.spool.disk.whenFull(forever), DiskFullError);
    assert.equal(test.told.length, 2);
    for (const one of held) one[Symbol.dispose]();
    await test.spool.disk.whenRoom(forever);
    assert.deepEqual(test.told.map(minuteOf).slice(0, 4), [3, 4, 0, 1]);
    assert.ok(test.spool.usage().disk.usedBytes < 95_000);
  });

  it('keeps a segment whose loss can not be noted, drops no other, and tries again', async () => {
    await using directory = await temporaryDirectory();
    let fails = true;
    const tries: number[] = [];
    const onDropped = (segment: Segment) => {
      tries.push(minuteOf(segment));
      assert.ok(existsSync(segment.path));
      if (fails) throw new Error('the ledger is locked');
    };
    await using test = await watchedSpool(directory.path, { disk: tenOfThem, onDropped });
    await publishMinutes(test, 0, 13);
    await eventually('tries', 5_000, () => tries.length > 3);
    assert.deepEqual(await test.minutes(), range(1, 13));
    assert.deepEqual([...new Set(tries)], [0]);
    await assert.rejects(test.spool.disk.whenFull(forever), DiskFullError);
    fails = false;
    await eventually('room', 5_000, async () => (await test.minutes()).length <= 10);
    assert.deepEqual([...new Set(tries)].slice(0, 3), [0, 1, 2]);
    await test.spool.disk.whenRoom(forever);
    assert.ok(test.said('warn').includes('a dropped segment can not be noted and deleted'));
  });

  it('with keep-oldest drops none: recording stops, and goes on when there is clearly room', async () => {
    await using directory = await temporaryDirectory();
    const disk = { ...tenOfThem, whenFull: 'keep-oldest' } as const;
    await using test = await watchedSpool(directory.path, { disk });
    const full = assert.rejects(
      test.spool.disk.whenFull(forever),
      (error) =>
        error instanceof DiskFullError &&
        /^the spool holds .* MB, its budget is 0.1 MB$/.test(error.message),
    );
    const segments = await publishMinutes(test, 0, 11);
    await full;
    let hasRoom = false;
    const room = test.spool.disk.whenRoom(forever).then(() => (hasRoom = true));
    // 99.9 % is no room to begin again with.
    await test.spool.remove(segments[0] as Segment);
    await publishFootage(test.spool, garden, 20, 10);
    await delay(150);
    assert.equal(hasRoom, false);
    await test.spool.remove(segments[1] as Segment);
    await room;
    assert.equal(test.told.length, 0);
    assert.deepEqual(test.said('error'), [
      'the spool takes no more footage; recording stops until it does',
    ]);
    assert.match(test.said('info').join('\n'), /the spool has room again/);
    const given = new AbortController();
    const pending = test.spool.disk.whenFull(given.signal);
    given.abort();
    await pending;
  });

  it('tells of each dropped segment however often its process is killed, and uploads none of them', async () => {
    await using directory = await temporaryDirectory();
    const spool = join(directory.path, 'spool');
    const notes = join(directory.path, 'notes');
    await writeFile(notes, '');
    for (let round = 0; round < 8; round += 1) {
      const child = spawn(process.execPath, [dropping, spool, 'endless', notes], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await delay(50 + Math.random() * 150);
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const told: string[] = [];
    await using test = await watchedSpool(spool, {
      onDropped: ({ path }) => void told.push(basename(path).split('.').slice(3).join('.')),
    });
    const lines = (await readFile(notes, 'utf8')).trim().split('\n');
    const noted = (word: string) =>
      lines.filter((line) => line.startsWith(word)).map((line) => line.split(' ')[1] ?? '');
    const dropped = new Set([...noted('dropped'), ...told]);
    const present = new Set((await test.spool.list()).map(({ path }) => basename(path)));
    assert.ok(dropped.size > 20, `only ${dropped.size} were dropped`);
    assert.deepEqual(
      noted('published').filter((name) => dropped.has(name) === present.has(name)),
      [],
    );
    // Twice is told what was told and not deleted yet: one for each kill at most.
    assert.ok(noted('dropped').length + told.length - dropped.size <= 8);
    assert.deepEqual(
      (await readdir(spool)).filter((name) => name.startsWith('dropped.')),
      [],
    );
  });
});

describe('a real small disk', () => {
  it('that is full stops recording before it is, and starts with nothing lost when it has room', async () => {
    await using disk = await smallDisk(32);
    const directory = join(disk.path, 'spool');
    const limits = { reserveBytes: 4_000_000, whenFull: 'keep-oldest' } as const;
    await using test = await watchedSpool(directory, { disk: limits });
    await publishMinutes(test, 0, 5, 1_000_000);
    const waiting = await writeFootage(test.spool, garden, 9, 1_000_000);
    await disk.fill(3_000_000);
    await assert.rejects(
      test.spool.disk.whenFull(forever),
      /the disk has .* MB free, of which 4 MB/,
    );
    assert.equal((await test.spool.publish(garden, waiting)).bytes, 1_000_000);
    await disk.empty();
    await test.spool.disk.whenRoom(forever);
    assert.deepEqual(await test.minutes(), [0, 1, 2, 3, 4, 9]);
  });

  it('makes way for the reserve by dropping what is oldest, no more than it takes', async () => {
    await using disk = await smallDisk(32);
    const directory = join(disk.path, 'spool');
    await using test = await watchedSpool(directory, { disk: { reserveBytes: 4_000_000 } });
    await publishMinutes(test, 0, 10, 1_000_000);
    await disk.fill(1_500_000);
    await eventually('room', 5_000, async () => (await disk.free()) >= 4_000_000);
    await delay(200);
    assert.deepEqual(test.told.map(minuteOf), range(0, 3));
    assert.deepEqual(await test.minutes(), range(3, 10));
    assert.equal(test.spool.disk.isFull, false);
  });

  it('with not a byte left leaves no half file, and takes what waited when there is room', async () => {
    await using disk = await smallDisk(32);
    const directory = join(disk.path, 'spool');
    const limits = { reserveBytes: 1, whenFull: 'keep-oldest' } as const;
    {
      await using test = await watchedSpool(directory, { disk: limits });
      const file = await writeFootage(test.spool, frontDoor, 0, 100_000);
      await disk.fill(0);
      // The camera's directory in ready/ is not there yet, and there is no room for it.
      await assert.rejects(
        test.spool.publish(frontDoor, file),
        /stays where it was: the disk is full/,
      );
      await assert.rejects(
        test.spool.runDirectory(garden),
        (error) =>
          error instanceof OperatorError &&
          error.message.startsWith('bach/garden has no directory to record into: the disk is full'),
      );
      await assert.rejects(test.spool.disk.whenFull(forever), DiskFullError);
      assert.deepEqual(await test.spool.list(), []);
    }
    // A daemon that starts on the full disk waits as well.
    await using test = await watchedSpool(directory, { disk: limits });
    const [left] = await test.spool.leftovers();
    assert.ok(left);
    const file = { path: join(left.path, 'out.mp4'), startMs: someTimeMs, durationMs: 60_000 };
    await assert.rejects(test.spool.publish(frontDoor, file), OperatorError);
    await disk.empty();
    await test.spool.disk.whenRoom(forever);
    const segment = await test.spool.publish(frontDoor, file);
    assert.equal(sha256Of(await readFile(segment.path)), segment.sha256);
    assert.deepEqual(await test.spool.leftovers(), []);
    await test.spool.runDirectory(garden);
  });

  it('with not a byte left has a little for the ledger, so that what is dropped can be noted', async () => {
    await using disk = await smallDisk(32);
    const note = join(disk.path, 'ledger');
    const told: number[] = [];
    await using test = await watchedSpool(join(disk.path, 'spool'), {
      disk: { reserveBytes: 4_000_000 },
      onDropped: async (segment) => {
        await writeFile(note, Buffer.alloc(100_000));
        told.push(minuteOf(segment));
      },
    });
    await publishMinutes(test, 0, 10, 1_000_000);
    await eventually('the spare', 5_000, () => existsSync(join(disk.path, 'spool/spare')));
    await disk.fill(0);
    await eventually('room', 10_000, async () => (await disk.free()) > 3_900_000);
    // A segment goes before it is told.
    await eventually('four told', 5_000, () => told.length >= 4);
    assert.deepEqual(told.slice(0, 4), range(0, 4));
    assert.equal(existsSync(join(disk.path, 'spool/spare')), false);
    await disk.empty();
    await eventually('the spare', 5_000, () => existsSync(join(disk.path, 'spool/spare')));
  });

  it('without inodes is full whatever its free bytes, and a dropped segment makes room', async () => {
    await using disk = await smallDisk(32, { inodes: 40 });
    const directory = join(disk.path, 'spool');
    await using test = await watchedSpool(directory, { disk: { reserveBytes: 1 } });
    await publishMinutes(test, 0, 4);
    for (let file = 0; ; file += 1) {
      const made = await mkdir(join(disk.path, `of-others-${file}`)).then(
        () => true,
        () => false,
      );
      if (!made) break;
    }
    await assert.rejects(test.spool.runDirectory(garden), /no directory .*the disk is full/);
    await eventually('a drop', 5_000, () => test.told.length > 0);
    await test.spool.disk.whenRoom(forever);
    assert.deepEqual(test.told.map(minuteOf), range(0, test.told.length));
    assert.ok(test.told.length < 4);
    await test.spool.runDirectory(garden);
  });

  it('that became read-only stops recording, and it goes on when it can be written to', async () => {
    await using disk = await smallDisk(32);
    await using test = await watchedSpool(join(disk.path, 'spool'), { disk: { reserveBytes: 1 } });
    const file = await writeFootage(test.spool, frontDoor, 0);
    await disk.makeReadOnly();
    await assert.rejects(test.spool.publish(frontDoor, file), /the file system is read-only/);
    await assert.rejects(test.spool.disk.whenFull(forever), /the file system is read-only/);
    await disk.makeWritable();
    await test.spool.disk.whenRoom(forever);
    await test.spool.publish(frontDoor, file);
    assert.deepEqual(await readdir(disk.path).then((names) => names.includes('probe')), false);
  });

  it('is refused if it is smaller than its reserve', async () => {
    await using disk = await smallDisk(32);
    const limits = { reserveBytes: 1_000_000_000 };
    await assert.rejects(
      watchedSpool(join(disk.path, 'spool'), { disk: limits }),
      (error) =>
        error instanceof OperatorError &&
        /^The reserve \(spool\.reserveGigabytes\) is 1 GB, but the disk of .* nothing could be recorded/.test(
          error.message,
        ),
    );
  });

  it('of a few megabytes keeps a reserve of a twentieth unless told otherwise', async () => {
    await using disk = await smallDisk(32);
    await using test = await watchedSpool(join(disk.path, 'spool'));
    const { reserveBytes, state } = test.spool.usage().disk;
    assert.ok(
      reserveBytes > 1_000_000 && reserveBytes <= 32 * 1024 * 1024 * 0.05,
      `${reserveBytes}`,
    );
    assert.equal(state, 'ok');
  });
});

describe('a spool in trouble', () => {
  it('lives through a want of file descriptors', async () => {
    await using directory = await temporaryDirectory();
    const spool = join(directory.path, 'spool');
    const { stdout } = await execa('prlimit', [
      '--nofile=100',
      process.execPath,
      dropping,
      spool,
      'descriptors',
      join(directory.path, 'notes'),
    ]);
    const { refused, files } = JSON.parse(stdout) as { refused: string; files: number };
    assert.match(refused, /stays where it was: this process has no file descriptor left/);
    assert.equal(files, 1);
  });

  it('hands over what a run left behind as soon as it has ended, and not before', async () => {
    await using directory = await temporaryDirectory();
    await using test = await watchedSpool(directory.path);
    const path = await test.spool.runDirectory(frontDoor);
    await writeFile(join(path, 'out.mp4'), 'footage');
    assert.deepEqual(await test.spool.leftovers(), []);
    assert.equal(await test.spool.releaseRunDirectory(path), false);
    assert.deepEqual(await test.spool.leftovers(), [{ camera: frontDoor, path }]);
    const file = { path: join(path, 'out.mp4'), startMs: someTimeMs, durationMs: 1_000 };
    await test.spool.publish(frontDoor, file);
    assert.deepEqual(await test.spool.leftovers(), []);
    assert.equal(existsSync(path), false);
  });

  it('tells of segments that somebody else deleted, and of no others', async () => {
    await using directory = await temporaryDirectory();
    const vanished: number[] = [];
    await using test = await watchedSpool(directory.path, {
      disk: { budgetBytes: 60_000, reserveBytes: 1 },
      rescanMs: 1,
      onVanished: (segment) => void vanished.push(minuteOf(segment)),
    });
    const segments = await publishMinutes(test, 0, 20);
    await eventually('drops', 5_000, () => test.told.length === 14);
    const [, stored, rotten, deleted] = segments.slice(14) as [Segment, Segment, Segment, Segment];
    await test.spool.remove(stored);
    await test.spool.setAside(rotten);
    await rm(deleted.path);
    await eventually('the news', 5_000, () => vanished.length > 0);
    await delay(100);
    assert.deepEqual(vanished, [minuteOf(deleted)]);
  });

  it('sweeps what a crash left of its own, and names what is not', async () => {
    await using directory = await temporaryDirectory();
    await writeFile(join(directory.path, 'probe'), 'x');
    await writeFile(join(directory.path, 'notes.txt'), 'x');
    await using test = await watchedSpool(directory.path);
    assert.deepEqual(test.said('info'), [
      'a file that an earlier process tried the disk with was deleted',
    ]);
    assert.deepEqual(
      test.log.lines.filter(({ level }) => level === 'warn').map(({ fields }) => fields),
      [{ path: join(directory.path, 'notes.txt') }],
    );
    assert.equal(existsSync(join(directory.path, 'probe')), false);
    assert.ok(existsSync(join(directory.path, 'notes.txt')));
  });
});

describe('a spool whose disk goes away', () => {
  const stops = (test: Awaited<ReturnType<typeof watchedSpool>>, words: RegExp) =>
    assert.rejects(
      test.spool.disk.whenFull(forever),
      (error) => error instanceof DiskUnusableError && words.test(error.message),
    );

  for (const covered of ['spool', 'spool/ready', '.']) {
    it(`stops recording when another is mounted over ${covered}, touches nothing there, and goes on`, async () => {
      await using disk = await smallDisk(32);
      const directory = join(disk.path, 'spool');
      const vanished: Segment[] = [];
      const onVanished = (segment: Segment) => void vanished.push(segment);
      await using test = await watchedSpool(directory, { onVanished, disk: { reserveBytes: 1 } });
      const segments = await publishMinutes(test, 0, 2);
      await disk.cover(covered);
      await stops(test, /was unmounted/);
      const { state, detail } = test.spool.usage().disk;
      assert.equal(state, 'unusable');
      assert.match(detail ?? '', /is gone|is not the one that was opened/);
      assert.ok(test.spool.disk.needsRestart, 'a new process would take what is there');
      await assert.rejects(test.spool.runDirectory(garden), DiskUnusableError);
      // As if a recording had begun just as the other was mounted.
      const path = join(disk.path, 'begun.mp4');
      await writeFile(path, 'footage');
      const begun = { path, startMs: someTimeMs, durationMs: 1_000 };
      await assert.rejects(test.spool.publish(garden, begun), DiskUnusableError);
      await rm(path);
      // What can't be seen now is not deleted.
      assert.deepEqual(await test.spool.list(), segments);
      assert.deepEqual(vanished, []);
      assert.equal(await test.spool.isHere(), false);
      assert.deepEqual(await readdir(join(disk.path, covered)), [], 'nothing is written there');
      await disk.uncover(covered);
      await test.spool.disk.whenRoom(forever);
      assert.equal(test.spool.usage().disk.state, 'ok');
      await publishMinutes(test, 2, 3);
      assert.deepEqual(await test.minutes(), [0, 1, 2]);
    });
  }

  it('stops recording when it is unmounted', async () => {
    await using disk = await smallDisk(32);
    await using test = await watchedSpool(join(disk.path, 'spool'));
    await disk.unmount();
    await stops(test, /is gone: its disk was unmounted, or it was deleted/);
    assert.deepEqual(test.said('error'), [
      'the spool takes no more footage; recording stops until it does',
    ]);
  });

  it('stops recording while it may not write there', async () => {
    await using disk = await smallDisk(32);
    await using test = await watchedSpool(join(disk.path, 'spool'));
    await disk.makeReadOnly();
    await stops(test, /the file system is read-only/);
    assert.equal(test.spool.disk.needsRestart, undefined, 'a restart would not help');
    await disk.makeWritable();
    await test.spool.disk.whenRoom(forever);
  });
});
