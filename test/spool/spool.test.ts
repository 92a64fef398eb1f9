import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  appendFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { OperatorError } from '../../src/lib/errors.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type Segment, segmentFileName } from '../../src/model/segment.ts';
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
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const publisher = join(import.meta.dirname, '../support/publishing-process.ts');

const because = (words: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Error && error.cause instanceof Error);
  assert.match(error.cause.message, words);
  return true;
};

async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(directory, join(parentPath, name)));
}

const calm = { log: silentLog, rescanMs: 60_000 };

/** Puts a file into ready/ as another program would: whole, by rename. */
async function smuggle(directory: string, minute: number, camera = frontDoor): Promise<string> {
  const content = Buffer.from(`minute ${minute}`);
  const name = segmentFileName({
    ...camera,
    startMs: someTimeMs + minute * 60_000,
    durationMs: 60_000,
    sha256: sha256Of(content),
  });
  const under = join(directory, 'ready', camera.account, camera.camera);
  await mkdir(under, { recursive: true });
  await writeFile(`${directory}.part`, content);
  await rename(`${directory}.part`, join(under, name));
  return join(under, name);
}

describe('a spool that can not be made', () => {
  for (const [what, make, words] of [
    [
      'a link to a path that is not there',
      (path: string) => symlink('/nonexistent/disk', path),
      /spool is a link to \/nonexistent\/disk, which is not there\. Mount its disk/,
    ],
    ['a file', (path: string) => writeFile(path, ''), /spool is not a directory\./],
  ] as const) {
    for (const under of ['', 'deep/er']) {
      it(`is told of, where ${under === '' ? 'it' : 'a parent'} is ${what}`, async () => {
        await using directory = await temporaryDirectory();
        await make(join(directory.path, 'spool'));
        const path = join(directory.path, 'spool', under);
        await assert.rejects(
          openSpool({ directory: path, ...calm }),
          (error) => error instanceof OperatorError && words.test(error.message),
        );
      });
    }
  }
});

describe('a spool', () => {
  it('makes a finished file a segment, named by its start, duration and content', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const file = await writeFootage(spool, frontDoor, 0, 700_000);
    const content = await readFile(file.path);
    const segment = await spool.publish(frontDoor, file);
    assert.equal(
      segment.path,
      join(
        directory.path,
        'ready/bach/front-door',
        `20261123T014200.000Z_60000_${sha256Of(content)}.mp4`,
      ),
    );
    assert.equal(segment.bytes, 700_000);
    assert.deepEqual(await readFile(segment.path), content);
    assert.equal(existsSync(file.path), false);
    assert.deepEqual(await spool.list(), [segment]);
    assert.equal(await spool.releaseRunDirectory(dirname(file.path)), true);
  });

  it('gives the same segment when a file is published again, in turn or at once', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const file = await writeFootage(spool, frontDoor, 0);
    const [one, other] = await Promise.all([
      spool.publish(frontDoor, file),
      spool.publish(frontDoor, file),
    ]);
    assert.deepEqual(one, other);
    assert.deepEqual(await spool.publish(frontDoor, file), one);
    const content = await readFile(one.path);
    await writeFile(file.path, content);
    assert.deepEqual(await spool.publish(frontDoor, file), one);
    assert.equal((await spool.list()).length, 1);
    assert.equal(spool.usage().bytes, 2_000);
  });

  it('publishes a hundred files at once and lists them by age', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const minutes = Array.from({ length: 100 }, (_, index) => (index * 37) % 100);
    await Promise.all(
      minutes.map((minute) => publishFootage(spool, minute % 2 ? frontDoor : garden, minute)),
    );
    const starts = (await spool.list()).map(({ startMs }) => (startMs - someTimeMs) / 60_000);
    assert.deepEqual(
      starts,
      Array.from({ length: 100 }, (_, index) => index),
    );
    const { disk: _, ...usage } = spool.usage();
    assert.deepEqual(
      { ...usage, cameras: usage.cameras.length },
      { files: 100, bytes: 200_000, oldestMs: someTimeMs, cameras: 2 },
    );
    assert.deepEqual(
      usage.cameras.find(({ camera }) => camera === 'front-door'),
      { ...frontDoor, files: 50, bytes: 100_000, oldestMs: someTimeMs + 60_000 },
    );
  });

  it('refuses a file that is empty, still written to, a link, or has no possible name', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const empty = await writeFootage(spool, frontDoor, 0, 0);
    await assert.rejects(spool.publish(frontDoor, empty), because(/empty/));
    assert.ok(existsSync(empty.path));

    const growing = await writeFootage(spool, frontDoor, 1, 20_000_000);
    const writing = (async () => {
      for (let time = 0; time < 30; time += 1) {
        await appendFile(growing.path, 'more');
        await delay(1);
      }
    })();
    await assert.rejects(spool.publish(frontDoor, growing), because(/still being written/));
    await writing;

    const file = await writeFootage(spool, frontDoor, 2);
    await assert.rejects(spool.publish(frontDoor, { ...file, durationMs: -1 }), /stays where it/);
    await assert.rejects(
      spool.publish({ account: '..', camera: 'x' }, file),
      /can't be the name of a camera/,
    );
    assert.ok(existsSync(file.path));
    assert.deepEqual(await spool.list(), []);
  });

  for (const { call, code, words } of [
    {
      call: 'fsync',
      code: 'EIO',
      words: /OperatorError: .* the disk reports a read or write error/,
    },
    { call: 'rename', code: 'ENOSPC', words: /OperatorError: .* the disk is full/ },
    { call: 'rename', code: 'EDQUOT', words: /OperatorError: .* disk quota is used up/ },
    { call: 'pread64', code: 'EIO', words: /OperatorError: .* the disk reports a read/ },
    { call: 'mkdir', code: 'ENOSPC', words: /OperatorError: .* the disk is full/ },
  ]) {
    it(`leaves a file where it was, and says why, when ${call} fails with ${code}`, async () => {
      await using directory = await temporaryDirectory();
      let file: string;
      {
        await using spool = await openSpool({ directory: directory.path, ...calm });
        file = (await writeFootage(spool, frontDoor, 0)).path;
      }
      const where = call === 'mkdir' ? join(directory.path, 'ready/bach/front-door') : file;
      const { stdout } = await execa('strace', [
        '-f',
        '-qq',
        '-o',
        '/dev/null',
        '-P',
        where,
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${call}:error=${code}`,
        process.execPath,
        publisher,
        directory.path,
        'once',
        file,
      ]);
      assert.match(stdout, words);
      const files = await filesBelow(directory.path);
      assert.equal(files.filter((file) => file.startsWith('ready/')).length, 0);
      assert.equal(files.filter((file) => file.endsWith('/out.mp4')).length, 1);
    });
  }

  it('leaves foreign files alone and speaks of each once', async () => {
    await using directory = await temporaryDirectory();
    const log = new KeptLog();
    const ready = join(directory.path, 'ready');
    await mkdir(join(ready, 'bach/front-door/20260101'), { recursive: true });
    await mkdir(join(ready, 'Bach!'), { recursive: true });
    await writeFile(join(ready, 'bach/front-door/notes.txt'), 'x');
    await writeFile(join(ready, 'bach/front-door/20260231T000000.000Z_1_.mp4'), 'x');
    await using spool = await openSpool({ directory: directory.path, log, rescanMs: 60_000 });
    for (let time = 0; time < 3; time += 1) assert.deepEqual(await spool.list(), []);
    assert.deepEqual(
      log.lines.map(({ level, fields }) => `${level} ${String(fields['path'])}`).sort(),
      ['Bach!', 'bach/front-door/20260101', 'bach/front-door/20260231T000000.000Z_1_.mp4']
        .concat('bach/front-door/notes.txt')
        .map((name) => `warn ${join(ready, name)}`)
        .sort(),
    );
    assert.ok(existsSync(join(ready, 'bach/front-door/notes.txt')));
  });

  it('announces what is there and what comes, each once while it exists, and what goes', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({
      directory: directory.path,
      log: silentLog,
      rescanMs: 50,
    });
    const there = await publishFootage(spool, frontDoor, 0);
    const life = new AbortController();
    const events: string[] = [];
    const say = (what: string) => (segment: Segment) => void events.push(`${what} ${segment.path}`);
    spool.changes(say('+'), life.signal, say('-'));
    const published = await publishFootage(spool, frontDoor, 1);
    const foreign = await smuggle(directory.path, 2, garden);
    await eventually('the news', 5_000, () => events.length >= 3);
    await delay(300);
    assert.deepEqual(events, [`+ ${there.path}`, `+ ${published.path}`, `+ ${foreign}`]);
    await spool.remove(there);
    await spool.remove(there);
    await rm(foreign);
    await eventually('the news', 5_000, () => events.length >= 5);
    assert.deepEqual(events.slice(3), [`- ${there.path}`, `- ${foreign}`]);
    await smuggle(directory.path, 2, garden);
    await eventually('the return', 5_000, () => events.length >= 6);
    assert.deepEqual(events.slice(5), [`+ ${foreign}`]);
    life.abort();
    await publishFootage(spool, frontDoor, 3);
    assert.equal(events.length, 6);
  });

  it('sees at once what another program put there', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    await smuggle(directory.path, 0);
    await eventually('the sight of it', 5_000, () => spool.usage().files === 1);
  });

  it('finds by its rescan what came while the event loop stood still', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({
      directory: directory.path,
      log: silentLog,
      rescanMs: 200,
    });
    // 40 cameras with 50 segments each, in one go, from outside; spawnSync is what blocks the loop.
    const hash = createHash('sha256').digest('hex');
    spawnSync('sh', [
      '-c',
      `cd "$1" && for c in $(seq 40); do mkdir -p ready/bach/c$c; for s in $(seq 10 59); do
         : >ready/bach/c$c/20261123T0142$s.000Z_1_$2.mp4; done; done`,
      'sh',
      directory.path,
      hash,
    ]);
    await eventually('all', 10_000, () => spool.usage().files === 2_000);
    assert.equal(spool.usage().cameras.length, 40);
  });

  it('sets a damaged segment aside and keeps what was set aside before', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const file = await writeFootage(spool, frontDoor, 0);
    const content = await readFile(file.path);
    const first = await spool.setAside(await spool.publish(frontDoor, file));
    await writeFile(file.path, content);
    const second = await spool.setAside(await spool.publish(frontDoor, file));
    assert.notEqual(first, second);
    assert.equal((await readdir(join(directory.path, 'damaged/bach/front-door'))).length, 2);
    assert.equal(spool.usage().files, 0);
  });

  it('hands over the run directories of earlier lives, and removes the empty ones', async () => {
    await using directory = await temporaryDirectory();
    let left: string;
    {
      await using earlier = await openSpool({ directory: directory.path, ...calm });
      await earlier.runDirectory(garden);
      left = (await writeFootage(earlier, frontDoor, 0)).path;
      assert.deepEqual(await earlier.leftovers(), []);
    }
    await using spool = await openSpool({ directory: directory.path, ...calm });
    const own = await spool.runDirectory(frontDoor);
    assert.deepEqual(await spool.leftovers(), [{ camera: frontDoor, path: dirname(left) }]);
    await spool.publish(frontDoor, { path: left, startMs: someTimeMs, durationMs: 1_000 });
    assert.deepEqual(await spool.leftovers(), []);
    assert.equal(existsSync(dirname(left)), false);
    assert.ok(existsSync(own));
    assert.deepEqual(await readdir(join(directory.path, 'recording/bach/garden')), []);
  });

  it('is refused to a second process or part, which is told whose it is, until it is closed', async () => {
    await using directory = await temporaryDirectory();
    {
      await using _spool = await openSpool({ directory: directory.path, ...calm });
      await assert.rejects(openSpool({ directory: directory.path, ...calm }), (error: unknown) => {
        assert.ok(error instanceof OperatorError);
        assert.match(
          error.message,
          new RegExp(`in use by another process \\(pid ${process.pid}\\)`),
        );
        return true;
      });
    }
    await using again = await openSpool({ directory: directory.path, ...calm });
    assert.equal(again.usage().files, 0);
  });

  it('goes to the next process the moment that its own is killed, and has lost nothing', async () => {
    await using directory = await temporaryDirectory();
    let published = 0;
    for (let round = 0; round < 6; round += 1) {
      const child = spawn(process.execPath, [publisher, directory.path, 'endless'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await delay(Math.random() * 100);
      child.kill('SIGKILL');
      await once(child, 'exit');
      await using spool = await openSpool({ directory: directory.path, ...calm });
      for (const segment of await spool.list()) {
        const content = await readFile(segment.path);
        assert.equal(sha256Of(content), segment.sha256);
        assert.equal(content.length, 200_000);
        await spool.remove(segment);
        published += 1;
      }
      // Up to four were under way, and lie whole where the archiver left them or are half written.
      const leftovers = await spool.leftovers();
      assert.ok(leftovers.length <= 4, `${leftovers.length} leftovers`);
      for (const { path } of leftovers) await rm(path, { recursive: true });
    }
    assert.ok(published > 6, `only ${published} were published`);
  });

  it('tells of a segment once, even if it is stored and deleted before it is wholly published', async () => {
    await using directory = await temporaryDirectory();
    await using spool = await openSpool({ directory: directory.path, log: silentLog });
    const told: string[] = [];
    const removals: Promise<void>[] = [];
    spool.changes((segment) => {
      told.push(segment.path);
      removals.push(spool.remove(segment));
    }, new AbortController().signal);
    const published: string[] = [];
    let isOver = false;
    const rescanning = (async () => {
      while (!isOver) await spool.list();
    })();
    for (let minute = 0; minute < 100; minute += 1) {
      published.push((await publishFootage(spool, frontDoor, minute)).path);
    }
    isOver = true;
    await rescanning;
    await Promise.all(removals);
    assert.deepEqual(told.toSorted(), published.toSorted());
    assert.equal(spool.usage().files, 0);
  });

  it('goes on without watches when the kernel gives it none', async () => {
    await using directory = await temporaryDirectory();
    const child = spawn(
      'unshare',
      [
        '--user',
        '--map-root-user',
        'sh',
        '-c',
        'echo 3 >/proc/sys/user/max_inotify_watches; exec "$@"',
        'sh',
        process.execPath,
        publisher,
        directory.path,
        'watch',
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const output = text(child.stdout);
    await eventually('the spool', 10_000, () => existsSync(join(directory.path, 'lock')));
    for (let minute = 0; minute < 40; minute += 1) {
      await smuggle(directory.path, minute, { account: 'bach', camera: `c${minute}` });
    }
    const { files, lines } = JSON.parse(await output) as { files: number; lines: string[] };
    assert.equal(files, 40);
    assert.deepEqual(lines, ['the spool is watched in part only; its rescan finds the rest']);
  });
});
