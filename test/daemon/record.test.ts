import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { salvage } from '../../src/archive/salvage.ts';
import { type Destination, Publisher } from '../../src/daemon/publish.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { keyNumber } from '../support/journaled-bucket.ts';
import { frontDoor, someTimeMs, temporaryDirectory } from '../support/segments.ts';
import { smallDisk } from '../support/small-disk.ts';
import { eventually } from '../support/until.ts';
import { KeptLog } from '../support/kept-log.ts';

const resources = new AsyncDisposableStack();
after(() => resources.disposeAsync());

/** Two small files of footage, as an archiver writes them. The second has a hole of 3.8 s. */
const files: string[] = [];
before(async () => {
  const { path } = resources.use(await temporaryDirectory());
  for (const [name, filter] of [
    ['whole', 'null'],
    ['holey', "select='eq(n,0)+eq(n,1)+eq(n,21)'"],
  ]) {
    const file = join(path, `${name}.mp4`);
    // biome-ignore format: each option with its value
    await execa('ffmpeg', [
      '-v', 'error',
      '-f', 'lavfi',
      '-i', `testsrc=size=160x120:rate=5:duration=5`,
      '-vf', `${filter}`,
      '-fps_mode', 'vfr',
      '-c:v', 'libx264',
      '-bf', '0',
      '-g', '1',
      '-movflags', '+frag_keyframe+empty_moov+default_base_moof',
      file,
    ]);
    files.push(file);
  }
});

/** A spool and a ledger that can be opened again, as after a crash. */
class Site {
  readonly directory: string;
  readonly spoolDirectory: string;
  ledger: Ledger;
  spool: Spool;
  readonly doubted: unknown[] = [];

  private constructor(directory: string, spoolDirectory: string, ledger: Ledger, spool: Spool) {
    this.directory = directory;
    this.spoolDirectory = spoolDirectory;
    this.ledger = ledger;
    this.spool = spool;
  }

  static async open(directory: string, spoolDirectory = join(directory, 'spool')): Promise<Site> {
    const ledger = openLedger(join(directory, 'ledger', 'ledger.sqlite'));
    if (ledger.accounts.list().length === 0) {
      ledger.accounts.add('bach');
      ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    }
    const spool = await openSpool({ directory: spoolDirectory, log: silentLog, measureMs: 20 });
    return new Site(directory, spoolDirectory, ledger, spool);
  }

  /** Both files, in the directory of a run that has ended. */
  async leave(): Promise<string> {
    const run = await this.spool.runDirectory(frontDoor);
    // With their start in the name, as they have it once an end of the daemon interrupted finishing.
    for (const [i, file] of files.entries()) {
      await copyFile(file, join(run, `00000${i}-at-${someTimeMs + i * 10_000}.mp4`));
    }
    await this.spool.releaseRunDirectory(run);
    return run;
  }

  async start(to: Destination = this, log = silentLog, everyMs?: number): Promise<Publisher> {
    const reconciler = {
      doubtAllBut: (segments: readonly unknown[]) => void this.doubted.push(...segments),
    };
    const publisher = new Publisher(to, log);
    await publisher.start(reconciler, everyMs);
    return publisher;
  }

  /** What the ledger has, and what lies in the spool: start, duration, and that of the hole in it. */
  async state() {
    const range = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 100 };
    using database = new DatabaseSync(join(this.directory, 'ledger', 'ledger.sqlite'));
    return {
      segments: this.ledger.segments
        .list(frontDoor, range)
        .map(({ startMs, durationMs, state }) => [startMs - someTimeMs, durationMs, state]),
      losses: database
        .prepare('SELECT startMs - ? AS atMs, durationMs, cause, hole FROM losses')
        .all(someTimeMs)
        .map((row) => Object.values(row)),
      spool: (await this.spool.list()).map(({ startMs }) => startMs - someTimeMs),
      leftovers: (await this.spool.leftovers()).length,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.spool[Symbol.asyncDispose]();
    this.ledger[Symbol.dispose]();
  }
}

const troubled = {
  line: { between: () => undefined },
  server: {
    between: (fromMs: number) =>
      fromMs === someTimeMs - 3_000
        ? ({ cause: 'server overloaded', detail: 'it can not keep up' } as const)
        : undefined,
  },
};

const published = {
  segments: [
    [0, 5_000, 'spooled'],
    [10_000, 4_400, 'spooled'],
  ],
  losses: [[10_400, 3_800, 'stream stalled', 1]],
  spool: [0, 10_000],
  leftovers: 0,
};

/** Throws at the `n`th of the moments before and after each step of publishing, if there are so many. */
function crashing(
  site: Site,
  n: number,
): { readonly to: Destination; readonly happened: () => boolean } {
  let moment = 0;
  let happened = false;
  const check = (): void => {
    if (moment++ !== n) return;
    happened = true;
    throw new Error('crash');
  };
  const around =
    <A extends unknown[], R>(step: (...args: A) => R) =>
    (...args: A): R => {
      check();
      const result = step(...args);
      if (result instanceof Promise) return result.finally(check) as R;
      check();
      return result;
    };
  const { segments } = site.ledger;
  const to: Destination = {
    spool: {
      publish: around((...args) => site.spool.publish(...args)),
      leftovers: () => site.spool.leftovers(),
      releaseRunDirectory: around((path) => site.spool.releaseRunDirectory(path)),
      segments: () => site.spool.segments(),
    },
    ledger: {
      segments: {
        ...segments,
        spooled: around((...args) => segments.spooled(...args)),
      },
    },
  };
  return { to, happened: () => happened };
}

describe('publishing', () => {
  it('makes a file a segment with its holes and where its media begin, and twice the same', async () => {
    await using directory = await temporaryDirectory();
    await using site = await Site.open(directory.path);
    const run = await site.leave();
    const found = await salvage(run);
    assert.equal(found.length, 2);
    await using publisher = new Publisher(site, silentLog);
    for (const file of [...found, ...found]) await publisher.publish(frontDoor, file);
    assert.deepEqual(await site.state(), published);
    for (const { startMs } of found) {
      const { init } = site.ledger.footage.at(frontDoor, startMs + 100) ?? {};
      assert.ok(init !== undefined && init.bytes > 500, 'the player need not look into the file');
    }
  });

  it('notes why pictures are missing before a file, as far as it is known', async () => {
    await using directory = await temporaryDirectory();
    await using site = await Site.open(directory.path);
    const [file] = await salvage(await site.leave());
    assert.ok(file);
    await using publisher = new Publisher(site, silentLog);
    const pauseBefore = { startMs: someTimeMs - 3_000, durationMs: 3_000 };
    await publisher.publish(frontDoor, { ...file, pauseBefore }, troubled);
    // It takes nothing away from another recording of that time.
    assert.deepEqual((await site.state()).losses, [[-3_000, 3_000, 'server overloaded', 0]]);
  });

  it('never makes a stored segment one that waits in the spool', async () => {
    await using directory = await temporaryDirectory();
    await using site = await Site.open(directory.path);
    const [file] = await salvage(await site.leave());
    assert.ok(file);
    await using publisher = new Publisher(site, silentLog);
    await publisher.publish(frontDoor, file);
    const [segment] = await site.spool.list();
    assert.ok(segment);
    site.ledger.segments.stored(segment, { key: 'k' });
    await publisher.publish(frontDoor, file);
    assert.deepEqual((await site.state()).segments, [[0, 5_000, 'stored']]);
  });
});

describe('publishing while the ledger can not be written', () => {
  it('takes footage into the spool, and notes it with its holes as soon as it can', async () => {
    await using directory = await temporaryDirectory();
    await using site = await Site.open(directory.path);
    const found = await salvage(await site.leave());
    const log = new KeptLog();
    await using publisher = new Publisher(site, log);
    {
      using other = new DatabaseSync(join(directory.path, 'ledger', 'ledger.sqlite'));
      other.exec('BEGIN IMMEDIATE');
      for (const file of found) await publisher.publish(frontDoor, file);
      const { segments, spool } = await site.state();
      assert.deepEqual({ segments, spool }, { segments: [], spool: [0, 10_000] });
      const [line] = log.complaints();
      assert.match(line?.message ?? '', /is in the spool, but the ledger lacks it/);
      const [segment] = await site.spool.list();
      assert.ok(segment);
      await assert.rejects(publisher.beforeDeletion(segment), /locked/, 'it must not be deleted');
    }
    await publisher.start({ doubtAllBut: () => {} });
    assert.deepEqual(await site.state(), published);
  });
});

describe('leftovers of an earlier run', () => {
  it('become segments once, before the start goes on', async () => {
    await using directory = await temporaryDirectory();
    await using site = await Site.open(directory.path);
    const run = await site.leave();
    const log = new KeptLog();
    for (let start = 0; start < 2; start += 1) {
      await using _ = await site.start(site, log);
      assert.deepEqual(await site.state(), published);
    }
    assert.deepEqual(
      log.lines.map(({ message }) => message),
      Array.from({ length: 2 }, () => 'footage of an earlier run was salvaged'),
    );
    assert.deepEqual(await readdir(dirname(run)), [], 'the directory of the run is gone');
    assert.equal(site.doubted.length, 4, 'what lies in the spool is no reason for doubt');
  });

  it('are published whole after a crash between any two steps', async () => {
    let moments = 0;
    for (let goOn = true; goOn; moments += goOn ? 1 : 0) {
      await using directory = await temporaryDirectory();
      {
        await using site = await Site.open(directory.path);
        const run = await site.leave();
        const crash = crashing(site, moments);
        await using publisher = new Publisher(crash.to, silentLog);
        await (async () => {
          for (const file of await salvage(run)) await publisher.publish(frontDoor, file);
          await crash.to.spool.releaseRunDirectory(run);
        })().catch((error: unknown) => assert.match(String(error), /crash/));
        goOn = crash.happened();
      }
      await using site = await Site.open(directory.path);
      await using _ = await site.start();
      assert.deepEqual(await site.state(), published, `crash at moment ${moments}`);
    }
    assert.equal(moments, 10, 'before and after two files, two rows and a directory');
  });

  it('stay where they are on a full disk, and are published when there is room', async () => {
    await using directory = await temporaryDirectory();
    await using disk = await smallDisk(32, { inodes: 40 });
    await using site = await Site.open(directory.path, join(disk.path, 'spool'));
    const run = await site.leave();
    const filler = join(disk.path, 'filler');
    await mkdir(filler);
    const fill = async (): Promise<void> => {
      for (let n = 0; n < 100; n += 1) await writeFile(join(filler, String(n)), '');
    };
    await assert.rejects(fill, /ENOSPC/);
    const log = new KeptLog();
    await using _ = await site.start(site, log, 50);
    const { segments, spool, leftovers } = await site.state();
    assert.deepEqual({ segments, spool, leftovers }, { segments: [], spool: [], leftovers: 1 });
    assert.equal((await readdir(run)).length, 2);
    const [line] = log.lines;
    assert.equal(line?.message, 'footage of an earlier run could not be published yet');
    assert.match(String(line?.fields['cause']), /stays where it was/);
    await rm(filler, { recursive: true });
    await eventually('all is published', 10_000, async () => (await site.state()).leftovers === 0);
    assert.deepEqual(await site.state(), published);
  });
});
