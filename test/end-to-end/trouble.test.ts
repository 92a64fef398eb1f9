import assert from 'node:assert/strict';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import type { StatusAnswer } from '../../src/contract/status.ts';
import { freePorts } from '../support/ports.ts';
import { Site, type SiteCamera, type SiteOptions } from '../support/site.ts';
import { temporaryDirectory } from '../support/segments.ts';
import { eventually } from '../support/until.ts';

const name = 'bach/front-door';
const cctvd = join(import.meta.dirname, '../../src/cli/cctvd.ts');

/** A site with one camera that is recorded, until disposed of. */
async function recorded(options: SiteOptions = {}) {
  await using parts = new AsyncDisposableStack();
  const site = parts.use(await Site.start({ segmentSeconds: 5, ...options }));
  const camera = await site.addCamera(name, { keyFrameSeconds: 1 });
  const power = new AbortController();
  const dialling = camera.keepDialling(power.signal);
  parts.defer(async () => {
    power.abort();
    await dialling;
  });
  await camera.recording();
  const owned = parts.move();
  return { site, camera, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

const statusOf = async (site: Site): Promise<StatusAnswer> =>
  JSON.parse(await site.cctv('status', '--json')) as StatusAnswer;

/** Waits until the daemon says something like that of its readiness. */
const unready = (site: Site, words: RegExp): Promise<StatusAnswer> =>
  eventually(`a daemon that says ${words}`, 20_000, async () => {
    const status = await statusOf(site);
    return status.readiness.problems.some((problem) => words.test(problem)) ? status : undefined;
  });

const stored = (site: Site, sinceMs: number) =>
  eventually('stored footage', 40_000, async () =>
    (await site.stored(name)).find(({ startMs }) => startMs >= sinceMs),
  );

/** What a daemon says that can't be started. */
async function refused(site: Site): Promise<string> {
  const config = join(site.directory, 'config.yaml');
  const options = { reject: false, all: true, timeout: 60_000 } as const;
  const { exitCode, all } = await execa(process.execPath, [cctvd, '--config', config], options);
  assert.equal(exitCode, 1, all);
  return all;
}

const ledgerOf = (site: Site): string => join(site.directory, 'state', 'ledger', 'ledger.sqlite');

async function assertRecords(site: Site, camera: SiteCamera): Promise<void> {
  const sinceMs = Date.now();
  await camera.recording();
  await stored(site, sinceMs);
}

describe('a second daemon on the same configuration', () => {
  it('is refused before it touches what the first works on', async () => {
    await using test = await recorded();
    const { site, camera } = test;
    const said = await refused(site);
    assert.match(said, new RegExp(`is in use by another process \\(pid ${site.daemonPid}\\)`));
    await assertRecords(site, camera);
    const causes = (await site.gaps(name)).map(({ cause }) => cause);
    assert.ok(!causes.includes('daemon down'), JSON.stringify(causes));
  });
});

describe('a daemon that can not open all its doors', () => {
  it('lets in no camera', async () => {
    const [port = 0, tunnelPort = 0] = await freePorts(2);
    // The port for cameras is known, so that they knock at it while the daemon starts.
    const config = {
      metrics: { listen: `127.0.0.1:${port}` },
      tunnel: { listen: `127.0.0.1:${tunnelPort}` },
    };
    await using test = await recorded({ config });
    const { site } = test;
    await site.stopDaemon();
    const other = createServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    try {
      const said = await refused(site);
      assert.ok(!said.includes('camera dialled in'), said);
    } finally {
      other.close();
    }
    await once(other, 'close');
    await site.startDaemon();
  });
});

describe('a ledger in trouble', () => {
  it('that is deleted while the daemon works is told of, and there again after a restart', async () => {
    await using test = await recorded();
    const { site, camera } = test;
    const file = ledgerOf(site);
    const copy = join(site.directory, 'backup.sqlite');
    await site.cctv('ledger', 'backup', copy);
    for (const path of [file, `${file}-wal`]) rmSync(path);
    const status = await unready(site, /ledger\.sqlite was deleted while the daemon works on it/);
    assert.ok(status.health.ok, 'no reason to kill it');
    await assertRecords(site, camera);
    await site.stopDaemon();
    await site.startDaemon();
    await assertRecords(site, camera);
    assert.ok((await statusOf(site)).readiness.ok);
    const config = join(site.directory, 'config.yaml');
    const rebuilt = await site.cctv('--config', config, 'ledger', 'rebuild');
    assert.match(rebuilt, /was not touched/);
    assert.ok(existsSync(copy));
  });

  it('that is lost or damaged at a start is told of with what to do, which works', async () => {
    await using test = await recorded();
    const { site, camera } = test;
    await stored(site, 0);
    await site.stopDaemon();
    const file = ledgerOf(site);
    rmSync(file);
    await site.startDaemon();
    await unready(site, /ledger .* is empty, .* cctv ledger rebuild --replace/);
    await site.stopDaemon();
    const config = join(site.directory, 'config.yaml');
    await site.cctv('--config', config, 'ledger', 'rebuild', '--replace');
    await site.startDaemon();
    await assertRecords(site, camera);
    await site.stopDaemon();
    writeFileSync(file, 'no database at all');
    const said = await refused(site);
    assert.match(said, /ledger\.sqlite is damaged .*cctv ledger rebuild --replace/);
  });

  it('that is lost or damaged is made anew where the configuration says so', async () => {
    await using test = await recorded({ config: { rebuildLedger: true } });
    const { site, camera } = test;
    await stored(site, 0);
    for (const harm of [
      (file: string) => rmSync(file),
      (file: string) => writeFileSync(file, 'no database at all'),
    ]) {
      await site.stopDaemon();
      harm(ledgerOf(site));
      await site.startDaemon();
      await assertRecords(site, camera);
    }
  });
});

describe('a spool whose disk is covered by another while the daemon runs', () => {
  it('is told of with its cause at once, and recording goes on when it is back', async () => {
    await using directory = await temporaryDirectory();
    const program = join(directory.path, 'cctvd');
    const namespace = process.getuid?.() === 0 ? '--mount' : '--map-root-user --mount';
    const script = `#!/bin/sh\nexec unshare ${namespace} -- ${process.execPath} ${cctvd} "$@"\n`;
    writeFileSync(program, script, { mode: 0o755 });
    await using test = await recorded({ program });
    const { site, camera } = test;
    const inside = (...command: string[]) => {
      const user = process.getuid?.() === 0 ? [] : ['--user', '--preserve-credentials'];
      const target = ['--target', String(site.daemonPid), ...user, '--mount'];
      return execa('nsenter', [...target, ...command]);
    };
    const spool = site.spoolDirectory;
    await inside('mount', '-t', 'tmpfs', 'none', spool);
    const status = await unready(site, /nothing is recorded: the disk of the spool is unusable/);
    assert.equal(status.spool.disk.state, 'unusable');
    assert.ok(!status.health.ok, 'a new process would record');
    assert.equal(status.cameras.recording, 0);
    const gap = await eventually('its gap', 20_000, async () =>
      (await site.gaps(name)).find(({ cause }) => cause === 'disk unusable'),
    );
    assert.match(gap.detail, /is not the one that was opened: its disk was unmounted/);
    await inside('umount', spool);
    await assertRecords(site, camera);
    assert.ok((await statusOf(site)).readiness.ok);
    const causes = (await site.gaps(name)).map(({ cause }) => cause);
    assert.ok(!causes.includes('segment lost'), JSON.stringify(causes));
  });
});
