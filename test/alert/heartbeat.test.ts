import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { startHeartbeat } from '../../src/alert/heartbeat.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { eventually } from '../support/until.ts';

describe('the heartbeat', () => {
  it('is heard while the daemon is healthy, and its failures are said once', async () => {
    let beats = 0;
    let status = 200;
    let healthy = true;
    const server = createServer((_request, response) => {
      beats += 1;
      response.writeHead(status);
      // An answer that never ends.
      response.write('ok');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const said: string[] = [];
    const log: Log = {
      ...silentLog,
      warn: (message, fields) => void said.push(`${message}: ${String(fields?.['cause'])}`),
      info: (message) => void said.push(message),
    };
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/secret`;
    {
      const options = { url, everyMs: 20, isHealthy: () => healthy, clock: systemClock, log };
      await using _heart = startHeartbeat(options);
      await eventually('beats', 5_000, () => beats >= 3);
      assert.equal(said.length, 0);
      status = 404;
      const before = beats;
      await eventually('failures', 5_000, () => beats >= before + 4);
      status = 200;
      await eventually('its end', 5_000, () => said.length >= 2);
      healthy = false;
      await eventually('silence', 5_000, () => said.length >= 3);
      const last = beats;
      await new Promise((resolve) => setTimeout(resolve, 150));
      assert.ok(beats <= last + 1);
    }
    assert.deepEqual(said, [
      'the heartbeat fails: its server answered 404',
      'the heartbeat is received again',
      'the heartbeat fails: it is withheld: the daemon is not healthy',
    ]);
    assert.ok(said.every((line) => !line.includes('secret')));
    server.close();
    server.closeAllConnections();
  });

  it('ends at once though its server does not answer', async () => {
    const server = createServer(() => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const heart = startHeartbeat({
      url,
      everyMs: 60_000,
      isHealthy: () => true,
      clock: systemClock,
      log: silentLog,
    });
    await once(server, 'request');
    await heart[Symbol.asyncDispose]();
    server.close();
    server.closeAllConnections();
  });
});
