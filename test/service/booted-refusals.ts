import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { eventually } from '../support/until.ts';
import { type BootedSite, etc, state } from './booted-site.ts';
import type { Machine } from './machine.ts';

/** Nobody has set it up yet. */
export function itRefusesAFirstConfiguration(site: BootedSite): void {
  it('refuses a first configuration that can’t be used, and says why', async () => {
    await writeFile(site.machine().path(`${etc}/config.yaml`), 'bucket: {}\n');
    await eventually('a reason', 20_000, async () =>
      /^Can't run: .*config\.yaml can't be used, .*bucket\.name/.test(
        await site.machine().unit('StatusText'),
      ),
    );
    assert.equal((await site.machine().try('cctvd', 'check')).code, 1);
    await rm(site.machine().path(`${etc}/config.yaml`));
    await eventually('waiting for one', 20_000, async () => {
      const text = await site.machine().unit('StatusText');
      return text.startsWith('Nothing is recorded yet');
    });
  });
}

/** Cameras are recorded. */
export function itOutlivesBadConfigurations(site: BootedSite): void {
  for (const [what, spoil, reason] of [
    ['has a slip in it', `echo 'tunel: {}' >>`, 'did you mean tunnel'],
    ['it may not read', 'chown root:root', 'You may not read'],
    ['is gone', 'rm', 'There is no file'],
  ] as const) {
    it(`goes on recording, and says so, when it is restarted with a configuration that ${what}`, async () => {
      const file = `${etc}/config.yaml`;
      await site.machine().sh(`cp --preserve=all ${file} /root/good.yaml; ${spoil} ${file}`);
      const before = await site.machine().unit('MainPID');
      const restarted = await site.machine().try('systemctl', 'restart', 'sapiengraph-cctv');
      assert.equal(restarted.code, 0, restarted.output);
      assert.notEqual(await site.machine().unit('MainPID'), before);
      await site.allRecording('recording with the last good one', 60_000);
      const storedBefore = (await site.stored()).length;
      await eventually(
        'more objects',
        30_000,
        async () => (await site.stored()).length > storedBefore,
      );
      assert.equal(await site.machine().unit('ActiveState'), 'active');
      const status = await eventually('a word to systemd', 20_000, async () => {
        const text = await site.machine().unit('StatusText');
        return text.startsWith('CONFIGURATION REFUSED') && text;
      });
      assert.ok(status.includes(reason), status);
      assert.match(
        await site.machine().run('cctv', 'status'),
        /^REFUSED +\/etc\/.*config\.yaml can't/m,
      );
      const doctor = await site.machine().try('cctv', 'doctor');
      assert.match(doctor.output, /PROBLEM +It runs with the configuration that was good last/);
      assert.match(doctor.output, /The bucket footage lets us put objects/);
      assert.equal(doctor.code, 1);
      const log = await site
        .machine()
        .run('journalctl', '-u', 'sapiengraph-cctv', '-n', '300', '-o', 'cat');
      assert.match(log, /error +the configuration is refused: the last good one is used/);
      assert.match(await metrics(site.machine()), /^cctv_configuration_refused 1$/m);
      const copy = await site
        .machine()
        .run('stat', '-c', '%a %U', `${state}/config.last-good.yaml`);
      assert.equal(copy, '600 sapiengraph-cctv');

      await site.machine().sh(`cp --preserve=all /root/good.yaml ${file}`);
      await site.machine().run('systemctl', 'restart', 'sapiengraph-cctv');
      await site.allRecording('recording with its own again', 60_000);
      assert.doesNotMatch(await site.machine().run('cctv', 'status'), /REFUSED/);
      assert.match(await metrics(site.machine()), /^cctv_configuration_refused 0$/m);
    });
  }
}

/** What Prometheus would read, from the control socket. */
async function metrics(machine: Machine): Promise<string> {
  const script = `require('http').get({ socketPath: '/run/sapiengraph-cctv/control.sock', path: '/metrics' },
    (answer) => answer.pipe(process.stdout))`;
  return await machine.run('/usr/lib/sapiengraph-cctv/node/bin/node', '-e', script);
}
