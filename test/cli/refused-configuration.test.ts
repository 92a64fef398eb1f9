import assert from 'node:assert/strict';
import { it } from 'node:test';
import { statusLine } from '../../src/monitor/status-line.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { run } from './run.ts';

it('a daemon that runs with its last good configuration says so, wherever it is asked', async () => {
  await using fixture = new ConsoleFixture();
  const refusedConfiguration = {
    file: '/etc/sapiengraph-cctv/config.yaml',
    problems: ['tunel (line 3) is no option; did you mean tunnel?'],
    copy: '/var/lib/sapiengraph-cctv/config.last-good.yaml',
    copiedAtMs: Date.parse('2026-11-20T10:00:00Z'),
  };
  fixture.refusedConfiguration = refusedConfiguration;
  fixture.watchMetrics();
  await fixture.open();
  const { stdout, code } = await run('cctv', ['--socket', fixture.socket, 'status']);
  assert.equal(code, 0);
  assert.match(stdout, /^REFUSED +\/etc\/sapiengraph-cctv\/config\.yaml can't be used:$/m);
  assert.match(stdout, /^ +- tunel \(line 3\) is no option; did you mean tunnel\?$/m);
  assert.match(stdout, /^ +The daemon runs with the one that was good last, of .*:\s+\/var\/lib/m);
  assert.match(await fixture.metrics.read(), /^cctv_configuration_refused 1$/m);
  const doctor = await run('cctv', ['--socket', fixture.socket, 'doctor']);
  assert.equal(doctor.code, 1);
  assert.match(doctor.stdout, /PROBLEM +It runs with the configuration that was good last/);
  const { spoolUsage, uploaderStatus } = fixture.options();
  const state = { cameras: [], spool: spoolUsage(), uploads: uploaderStatus() };
  assert.match(
    statusLine({ ...state, refusedConfiguration }, []),
    /^CONFIGURATION REFUSED, running with \/var\/lib\/.*: tunel \(line 3\).*; 0 cameras connected/,
  );
  assert.match(statusLine(state, []), /^0 cameras connected/);
});

it('a daemon that runs with what stands in its file says nothing of it', async () => {
  await using fixture = new ConsoleFixture();
  fixture.watchMetrics();
  await fixture.open();
  const { stdout } = await run('cctv', ['--socket', fixture.socket, 'status']);
  assert.doesNotMatch(stdout, /REFUSED/);
  assert.match(await fixture.metrics.read(), /^cctv_configuration_refused 0$/m);
});
