import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import type { CameraStatus } from '../../src/contract/cameras.ts';
import { type HealthOptions, startHealth } from '../../src/monitor/health.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { connected } from '../control/fixture.ts';

/** A clock whose time passes only as the test says; each sleep ends at once, one macrotask later. */
class SteppedClock implements Clock {
  at = 0;
  now = (): number => this.at;
  wallNow = (): number => Date.UTC(2026, 0, 1) + this.at;
  sleep = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) resolve();
      else setTimeout(resolve, 2);
    });
}

async function listener(greeting: string | undefined) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    if (greeting === undefined) socket.end();
    else socket.write(greeting);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

const okDisk = {
  state: 'ok' as const,
  isFull: false,
  whenFull: 'keep-newest' as const,
  usedBytes: 0,
  freeBytes: 1e9,
  reserveBytes: 1e8,
  recordingBytes: 0,
  damagedBytes: 0,
  dropped: { files: 0, bytes: 0 },
};

class Daemon {
  clock = new SteppedClock();
  port = 0;
  fleet: CameraStatus[] = [];
  uploads = { uploading: 0, waiting: 0, stored: 0, begun: 0 } as ReturnType<
    HealthOptions['uploads']
  >;
  disk: ReturnType<HealthOptions['spool']>['disk'] = okDisk;
  needsRestart: string | undefined;
  trouble: string | undefined;

  start() {
    return startHealth({
      clock: this.clock,
      tunnelAddress: () => ({ host: '0.0.0.0', port: this.port }),
      fleet: () => this.fleet,
      uploads: () => this.uploads,
      spool: () => ({ disk: this.disk }),
      needsRestart: () => this.needsRestart,
      troubles: () => [this.trouble],
      stallMs: 8_000,
    });
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 500; !condition(); left -= 1) {
    assert.ok(left > 0, 'it did not come about');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const looks = () => new Promise((resolve) => setTimeout(resolve, 100));

describe('health', () => {
  it('is good while the SSH server answers, also by hanging up on a stranger', async () => {
    for (const greeting of ['SSH-2.0-sapiengraph_cctv\r\n', undefined]) {
      const server = await listener(greeting);
      const daemon = new Daemon();
      daemon.port = server.port;
      {
        await using health = daemon.start();
        await looks();
        assert.deepEqual(health.health(), { ok: true, problems: [] });
        assert.deepEqual(health.readiness(), { ok: true, problems: [] });
      }
      await server.close();
    }
  });

  it('is bad when nothing listens for cameras, and good again when something does', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = 1;
    await using health = daemon.start();
    await until(() => !health.health().ok);
    assert.match(health.health().problems[0] ?? '', /SSH server .* does not answer.*ECONNREFUSED/);
    assert.equal(health.readiness().ok, false);
    daemon.port = server.port;
    await until(() => health.health().ok);
    await server.close();
  });

  it('is bad when segments wait and no upload is begun, not when the bucket is out of reach', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = server.port;
    daemon.uploads = { uploading: 0, waiting: 3, stored: 0, begun: 7 };
    await using health = daemon.start();
    await looks();
    daemon.clock.at += 6 * 60_000;
    await until(() => !health.health().ok);
    assert.match(health.health().problems[0] ?? '', /no upload was begun for 6 minutes/);
    assert.deepEqual(health.readiness(), health.health());
    const failing = { sinceMs: 0, cause: 'access denied' };
    for (let begun = 8; begun < 12; begun += 1) {
      daemon.uploads = { uploading: 0, waiting: 3, stored: 0, begun, failing };
      await looks();
      daemon.clock.at += 4 * 60_000;
      await looks();
      assert.equal(health.health().ok, true);
    }
    assert.equal(health.readiness().ok, true);
    daemon.disk = { ...okDisk, state: 'full', detail: 'no room' };
    assert.match(
      health.readiness().problems[0] ?? '',
      /not kept: the bucket can't be used \(access denied\) and the spool is full \(no room\)/,
    );
    assert.equal(health.health().ok, true);
    await server.close();
  });

  it('is good, but the daemon is not ready, when uploads that were begun do not end', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = server.port;
    daemon.uploads = { uploading: 2, waiting: 3, stored: 5, begun: 7 };
    await using health = daemon.start();
    await looks();
    daemon.clock.at += 31 * 60_000;
    await until(() => !health.readiness().ok);
    assert.deepEqual(health.readiness().problems, [
      'none of the 2 uploads under way has ended for 31 minutes',
    ]);
    assert.equal(health.health().ok, true);
    daemon.uploads = { uploading: 2, waiting: 3, stored: 6, begun: 8 };
    await until(() => health.readiness().ok);
    await server.close();
  });

  it('is good, but the daemon is not ready, while nothing is recorded or noted', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = server.port;
    await using health = daemon.start();
    await looks();
    daemon.disk = { ...okDisk, state: 'full', detail: 'no room' };
    assert.equal(health.readiness().ok, true, 'the oldest is dropped, and recording goes on');
    daemon.disk = { ...okDisk, state: 'full', isFull: true, detail: 'no room' };
    daemon.trouble = "the ledger can't be written";
    assert.deepEqual(health.readiness().problems, [
      'nothing is recorded: the disk of the spool is full (no room)',
      "the ledger can't be written",
    ]);
    assert.equal(health.health().ok, true);
    daemon.disk = okDisk;
    daemon.trouble = undefined;
    assert.equal(health.readiness().ok, true);
    await server.close();
  });

  it('is bad when only a new process could record', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = server.port;
    daemon.needsRestart = 'the spool is not the one that was opened';
    await using health = daemon.start();
    await looks();
    assert.deepEqual(health.health().problems, [daemon.needsRestart]);
    assert.equal(health.readiness().ok, false);
    await server.close();
  });

  it('is bad when most archivers stand still and nobody replaces them, not for one of many', async () => {
    const server = await listener('SSH-2.0-x\r\n');
    const daemon = new Daemon();
    daemon.port = server.port;
    const still = (camera: string) =>
      connected({ account: 'bach', camera }, { lastFootageAtMs: 5 });
    daemon.fleet = [still('a'), still('b'), still('c')];
    await using health = daemon.start();
    const advance = async (moving: readonly number[]) => {
      await looks();
      daemon.clock.at += 3 * 60_000;
      daemon.fleet = daemon.fleet.map((one, index) =>
        moving.includes(index) ? { ...one, lastFootageAtMs: daemon.clock.at } : one,
      );
      await looks();
    };
    await advance([0, 1]);
    assert.equal(health.health().ok, true);
    await advance([0]);
    assert.match(health.health().problems[0] ?? '', /2 of 3 archivers have recorded nothing/);
    assert.deepEqual(health.readiness(), health.health());
    daemon.fleet = daemon.fleet.map((one) => ({ ...one, archiver: { pid: 9 } }));
    await until(() => health.health().ok);
    await server.close();
  });
});
