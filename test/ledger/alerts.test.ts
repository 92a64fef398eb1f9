import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { publicKey } from '../control/fixture.ts';
import type { NewAlertMessage } from '../../src/model/alert.ts';

const addresses = [{ kind: 'sms', address: '+6591234567' }] as const;
const delivery = { kind: 'sms', channel: 'kannel', address: '+6591234567' } as const;

const message = (id: string, more: Partial<NewAlertMessage> = {}): NewAlertMessage => ({
  id,
  account: 'bach',
  contactName: 'anna',
  eventKey: id,
  kind: 'not-recording',
  event: { cameras: [] },
  text: id,
  subject: id,
  createdMs: 1_000,
  deliveries: [delivery],
  ...more,
});

async function withLedger(task: (ledger: Ledger, file: string) => void): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'cctv-alerts-'));
  try {
    const file = join(directory, 'ledger.sqlite');
    using ledger = openLedger(file);
    ledger.accounts.add('bach');
    task(ledger, file);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe('the ledger, of alerts', () => {
  it('takes a decision as a whole or not at all', () =>
    withLedger((ledger) => {
      const other = message('b', { account: 'nobody' });
      const judgements = [['camera 1', { told: true }]] as const;
      assert.throws(() => ledger.alerts.decide({ judgements, messages: [message('a'), other] }));
      assert.equal(ledger.alerts.judgements().size, 0);
      assert.deepEqual(ledger.alerts.list({ limit: 10 }), []);
      ledger.alerts.decide({ judgements, messages: [message('a')] });
      assert.deepEqual([...ledger.alerts.judgements()], [['camera 1', { told: true }]]);
      ledger.alerts.decide({ judgements: [['camera 1', undefined]] });
      assert.equal(ledger.alerts.judgements().size, 0);
    }));

  it('has what is under way after it was closed in the midst of it', () =>
    withLedger((ledger, file) => {
      const held = message('held', { heldFor: 'quiet' });
      ledger.alerts.decide({ messages: [message('a'), message('b'), held] });
      const a = { message: 'a', position: 0 };
      assert.ok(ledger.alerts.changeDelivery(a, ['queued'], { state: 'sending', nowMs: 2_000.5 }));
      assert.ok(!ledger.alerts.changeDelivery(a, ['queued'], { state: 'sending', nowMs: 2_000 }));
      using again = openLedger(file);
      assert.equal(again.alerts.doubtInterrupted(3_000), 1);
      assert.deepEqual(
        again.alerts.due(3_000, 10).map(({ message: id, state }) => `${id} ${state}`),
        ['a doubtful', 'b queued'],
      );
      assert.deepEqual(
        again.alerts.held().map(({ id }) => id),
        ['held'],
      );
      assert.equal(again.alerts.messagesSince('bach', 'anna', 0), 2);
      assert.equal(again.alerts.messagesSince(undefined, 'anna', 0), 0);
      assert.equal(again.alerts.sentSince('sms', 0), 1);
    }));

  it('does not wait for what was due before the clock was set back', () =>
    withLedger((ledger) => {
      const createdMs = 10 * 86_400_000;
      ledger.alerts.decide({ messages: [message('a', { createdMs })] });
      assert.equal(ledger.alerts.due(createdMs - 86_400_000, 10).length, 1);
      assert.equal(ledger.alerts.due(createdMs - 60_000, 10).length, 0);
    }));

  it('forgets what is old and over, and nothing else', () =>
    withLedger((ledger) => {
      const held = message('held', { heldFor: 'rate' });
      ledger.alerts.decide({ messages: [message('over'), message('open'), held] });
      const over = { message: 'over', position: 0 };
      ledger.alerts.changeDelivery(over, ['queued'], { state: 'delivered', nowMs: 2_000 });
      ledger.alerts.decide({ messages: [message('new', { createdMs: 9_000 })] });
      ledger.alerts.prune(5_000);
      assert.deepEqual(
        ledger.alerts.list({ limit: 10 }).map(({ id }) => id),
        ['new', 'held', 'open'],
      );
    }));

  it('forgets what was set for a camera that is removed', () =>
    withLedger((ledger) => {
      const camera = { account: 'bach', camera: 'door' };
      const key = parsePublicKey(publicKey(1));
      ledger.cameras.add({ ...camera, key });
      ledger.keys.used(camera, key.fingerprint);
      ledger.alertSettings.silence(camera, 9e12);
      ledger.alertSettings.setAfter(camera, 90);
      ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
      const [watched] = ledger.alertSettings.cameras();
      assert.ok(watched?.firstContactMs !== undefined);
      assert.deepEqual(watched, {
        ...camera,
        id: 1,
        disabled: false,
        timeZone: 'Asia/Singapore',
        firstContactMs: watched.firstContactMs,
        alertAfterSeconds: 90,
        silentUntilMs: 9e12,
      });
      ledger.alerts.decide({ judgements: [['camera 1', {}]] });
      ledger.cameras.remove(camera);
      assert.deepEqual(ledger.alertSettings.cameras(), []);
      assert.equal(ledger.alerts.judgements().size, 0);
      ledger.cameras.add({ ...camera, key });
      assert.deepEqual(ledger.alertSettings.of(camera), {});
    }));

  it('sends nothing more to a contact that is removed, held or queued', () =>
    withLedger((ledger) => {
      const { id } = ledger.contacts.add({ account: 'bach', name: 'anna', addresses });
      const held = message('held', { heldFor: 'quiet', contactId: id });
      ledger.alerts.decide({ messages: [held, message('queued', { contactId: id })] });
      ledger.contacts.remove('bach', 'anna');
      assert.deepEqual(ledger.alerts.held(), []);
      assert.deepEqual(ledger.alerts.due(9e12, 10), []);
      assert.equal(ledger.alerts.list({ account: 'bach', limit: 10 }).length, 2);
    }));

  it('finds what is held for a contact that got another name', () =>
    withLedger((ledger) => {
      const { id } = ledger.contacts.add({ account: 'bach', name: 'anna', addresses });
      ledger.contacts.add({ account: 'bach', name: 'carl', addresses });
      ledger.alerts.decide({ messages: [message('held', { heldFor: 'quiet', contactId: id })] });
      const quiet = { from: '22:00', to: '07:00' };
      const { before, after } = ledger.contacts.change('bach', 'anna', { name: 'beth', quiet });
      assert.deepEqual([before.name, before.quiet], ['anna', undefined]);
      assert.deepEqual([after.name, after.quiet, after.id], ['beth', quiet, id]);
      assert.deepEqual(
        ledger.alerts.held().map(({ contactName }) => contactName),
        ['beth'],
      );
      assert.equal(ledger.alerts.messagesSince('bach', 'anna', 0), 0);
      assert.throws(() => ledger.contacts.change('bach', 'beth', { name: 'carl' }), /carl already/);
      assert.throws(() => ledger.contacts.change('bach', 'beth', { addresses: [] }), /1 to 10/);
      assert.throws(() => ledger.contacts.change('bach', 'anna', {}), /no contact anna/);
      assert.deepEqual(ledger.contacts.require('bach', 'beth'), after, 'it is as it was');
    }));

  it('can be written to when the disk is full: it is then that alerts are decided', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cctv-full-'));
    const namespace = process.getuid?.() === 0 ? ['--mount'] : ['--map-root-user', '--mount'];
    const script = 'mount -t tmpfs -o size=24m tmpfs "$2" && exec "$0" "$1" "$2"';
    const program = join(import.meta.dirname, 'full-disk-inside.ts');
    const inside = ['sh', '-c', script, process.execPath, program, directory];
    const { stdout } = await execa('unshare', [...namespace, '--', ...inside], { timeout: 60_000 });
    assert.equal(stdout, 'decided 500');
    rmSync(directory, { recursive: true });
  });
});
