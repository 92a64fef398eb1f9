import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Child } from '../../src/lib/child.ts';
import { FloodMeter, watchProcess } from '../../src/relay/watch.ts';
import { listeningPorts } from '../support/processes.ts';
import { eventually } from '../support/until.ts';

const quick = { sampleMs: 200, samplesToTell: 3, samplesPerListenerCheck: 2 };

const run = (code: string): Child =>
  new Child({ name: 'program', file: process.execPath, args: ['-e', code] });

describe('the watch over a relay', () => {
  for (const address of ['0.0.0.0', '::', '::ffff:0.0.0.0']) {
    it(`finds it listening on ${address}`, async () => {
      await using child = run(`require('node:net').createServer().listen(0, '${address}')`);
      const pid = child.pid ?? 0;
      await eventually('its port', 5_000, () => listeningPorts(pid).length > 0);
      await assert.rejects(
        watchProcess(pid, AbortSignal.timeout(5_000), quick),
        /relay listens beyond loopback, on port \d+/,
      );
    });
  }

  it('leaves it alone on 127.0.0.1 and ::1, at a tenth of a CPU', async () => {
    await using child = run(
      `for (const host of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) require('node:net').createServer().listen(0, host);
       setInterval(() => { for (const end = performance.now() + 2; performance.now() < end;); }, 20)`,
    );
    const pid = child.pid ?? 0;
    await eventually('its ports', 5_000, () => listeningPorts(pid).length === 3);
    await watchProcess(pid, AbortSignal.timeout(2_000), quick);
  });

  it('finds it spinning though others want the CPUs too', async () => {
    await using _first = run('for (;;);');
    await using _second = run('for (;;);');
    await using child = run('for (;;);');
    await assert.rejects(
      watchProcess(child.pid ?? 0, AbortSignal.timeout(10_000), quick),
      /has kept a CPU busy without a pause/,
    );
  });

  it('ends quietly with the signal, and when the process is gone', async () => {
    const child = run('');
    await child.gone();
    await watchProcess(child.pid ?? 0, AbortSignal.timeout(600), quick);
  });
});

describe('the flood meter', () => {
  it('tells of too many bytes or lines in a second, and not of fewer', () => {
    const found: string[] = [];
    const meter = (): FloodMeter => new FloodMeter((error) => found.push(error.message));
    const calm = meter();
    calm.bytes(200_000);
    for (let i = 0; i < 400; i += 1) calm.line();
    assert.deepEqual(found, []);
    meter().bytes(300_000);
    assert.equal(found.length, 1);
    const many = meter();
    for (let i = 0; i < 501; i += 1) many.line();
    assert.equal(found.length, 2);
  });
});
