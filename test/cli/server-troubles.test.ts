import assert from 'node:assert/strict';
import { it } from 'node:test';
import { statusLine } from '../../src/monitor/status-line.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { run } from './run.ts';

it('a server that can not keep up says so, and what it does without, wherever it is asked', async () => {
  await using fixture = new ConsoleFixture();
  fixture.watchMetrics();
  await fixture.open();
  assert.match(await fixture.metrics.read(), /^cctv_server_overloaded 0$/m);
  const trouble = 'the server can not keep up; previews are paused';
  fixture.serverTroubles = [trouble];
  const { stdout } = await run('cctv', ['--socket', fixture.socket, 'status']);
  assert.match(stdout, /^SERVER +the server can not keep up; previews are paused$/m);
  assert.match(await fixture.metrics.read(), /^cctv_server_overloaded 1$/m);
  const { spoolUsage, uploaderStatus } = fixture.options();
  const state = { cameras: [], spool: spoolUsage(), uploads: uploaderStatus() };
  assert.match(
    statusLine({ ...state, serverTroubles: [trouble] }, []),
    /^SERVER: the server can not keep up; previews are paused; 0 cameras/,
  );
});
