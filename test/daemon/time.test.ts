import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { keepTime } from '../../src/daemon/time.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { KeptLog } from '../support/kept-log.ts';

const day = 86_400_000;
const { signal } = new AbortController();

describe('the time of a daemon', () => {
  it("is the bucket's from its start where this machine's clock is far off, and it says so", async () => {
    const trueMs = Date.now() + 400 * day;
    await using store = createServer((_, response) => {
      response.setHeader('date', new Date(trueMs).toUTCString());
      response.writeHead(403).end();
    }).listen(0, '127.0.0.1');
    await once(store, 'listening');
    const origin = `http://127.0.0.1:${(store.address() as AddressInfo).port}`;
    const log = new KeptLog();
    {
      await using time = await keepTime({ origin, ledgerMs: trueMs - day, log, signal });
      assert.ok(Math.abs(systemClock.wallNow() - trueMs) < 60_000);
      assert.match(time.trouble ?? '', /400 d behind the bucket's|NTP keeps it right/);
      assert.match(log.complaints()[0]?.message ?? '', /the clock is not right/);
    }
    assert.ok(Math.abs(systemClock.wallNow() - Date.now()) < 1_000);
  });

  it('is this machine’s where the bucket can not be asked', async () => {
    const log = new KeptLog();
    const origin = 'http://127.0.0.1:1';
    await using time = await keepTime({ origin, ledgerMs: Date.now() - day, log, signal });
    assert.ok(Math.abs(systemClock.wallNow() - Date.now()) < 1_000);
    assert.equal(time.trouble, undefined);
  });
});
