import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { ConsoleFixture } from '../control/fixture.ts';
import { run } from './run.ts';

describe('cctv, of alerts', () => {
  let fixture: ConsoleFixture;
  const door = { account: 'bach', camera: 'front-door' };

  before(async () => {
    fixture = new ConsoleFixture();
    fixture.addCamera(door, 1);
    fixture.ledger.accounts.add('vermeer');
    await fixture.open();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cctv(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  const refused = async (words: RegExp, ...args: string[]): Promise<void> => {
    const { code, stderr } = await cctv(...args);
    assert.notEqual(code, 0);
    assert.match(stderr, words);
  };

  it('contact: add, list and remove, with its ways in their order', async () => {
    const ways = ['--email', 'anna@example.com', '--sms', '+65 9123-4567'];
    const hook = ['--webhook', 'https://example.com/secret/path'];
    const added = await good('contact', 'add', 'bach', ...ways, ...hook, '--quiet', '22:00-7:00');
    assert.match(
      added,
      /^Contact owner of bach is added: email anna@example\.com, then sms \+6591/,
    );
    assert.match(added, /^Quiet from 22:00 to 07:00, UTC\.$/m);
    assert.doesNotMatch(added, /secret/);
    assert.match(added, /^Its webhook checks signatures with whsec_of-the-test$/m);
    const [contact] = fixture.ledger.contacts.list('bach');
    assert.deepEqual(contact?.addresses, [
      { kind: 'email', address: 'anna@example.com' },
      { kind: 'sms', address: '+6591234567' },
      { kind: 'webhook', address: 'https://example.com/secret/path' },
    ]);
    assert.match(await good('contact', 'list', 'bach'), /^bach +owner +22:00-07:00 +UTC +email/m);
    const { contacts } = JSON.parse(await good('contact', 'list', '--json')) as {
      contacts: Record<string, unknown>[];
    };
    assert.equal(contacts.length, 1);
    await refused(/Say so with --yes/, 'contact', 'remove', 'bach', 'owner');
    await good('contact', 'remove', 'bach', 'owner', '--yes');
  });

  it('contact add: refuses what it can not read, without asking the daemon', async () => {
    await refused(/no quiet hours/, 'contact', 'add', 'bach', '--sms', '+65', '--quiet', '22-7');
    await refused(/--sms, --email or --webhook/, 'contact', 'add', 'bach');
  });

  it('camera silence and alert-after: say when contacts are told', async () => {
    assert.match(await good('camera', 'silence', 'bach/front-door'), /is not silenced/);
    assert.match(
      await good('camera', 'silence', 'bach/front-door', '2h'),
      /^Nobody is told of bach\/front-door until /,
    );
    const { silentUntilMs = 0 } = fixture.ledger.alertSettings.of(door);
    assert.ok(Math.abs(silentUntilMs - Date.now() - 7_200_000) < 60_000);
    await good('camera', 'silence', 'bach/front-door', '--off');
    await good('camera', 'alert-after', 'bach/front-door', '90s');
    assert.deepEqual(fixture.ledger.alertSettings.of(door), { alertAfterSeconds: 90 });
    assert.match(await good('camera', 'alert-after', 'bach/front-door', 'never'), /never\.$/);
    assert.deepEqual(fixture.ledger.alertSettings.of(door), { alertAfterSeconds: 0 });
  });

  it('account set: takes a time zone by its name', async () => {
    await good('account', 'set', 'bach', '--time-zone', 'Asia/Singapore');
    assert.equal(fixture.ledger.accounts.timeZone('bach'), 'Asia/Singapore');
  });

  it('alerts: shows what was told, and what became of it', async () => {
    assert.equal(await good('alert', 'list'), 'Nobody was told anything yet.');
    const message = {
      id: 'm1',
      account: 'bach',
      contactName: 'owner',
      eventKey: '1',
      kind: 'not-recording',
      event: {},
      text: 'front-door has not recorded since 10:42: camera offline',
      subject: 'front-door',
      createdMs: Date.now(),
      deliveries: [
        { kind: 'sms', channel: 'kannel', address: '+6591234567' },
        { kind: 'webhook', channel: 'webhook', address: 'https://example.com/secret' },
      ],
    } as const;
    const held = {
      ...message,
      id: 'm2',
      eventKey: '2',
      heldFor: 'quiet',
      account: 'vermeer',
    } as const;
    fixture.ledger.alerts.decide({ messages: [message, held] });
    const nowMs = Date.now();
    const first = { message: 'm1', position: 0 };
    fixture.ledger.alerts.changeDelivery(first, ['queued'], { state: 'sending', nowMs });
    const detail = 'refused: no credit\u001b[2J';
    fixture.ledger.alerts.changeDelivery(first, ['sending'], { state: 'failed', nowMs, detail });
    fixture.ledger.alerts.tryNext(first, nowMs);
    await fixture.close();
    const failing = () => [{ channel: 'kannel', sinceMs: nowMs, cause: 'nothing answers' }];
    fixture.alerting = { ...fixture.alerting, failing };
    await fixture.open();
    const screen = await good('alert', 'list', '--account', 'bach');
    assert.match(screen, /^kannel fails since .*: nothing answers$/m);
    assert.match(screen, /^\d\d:\d\dZ +bach +owner +queued +front-door has not recorded since/m);
    assert.match(screen, /sms to \+6591234567 by kannel: failed \d\d:\d\dZ: refused: no credit/);
    assert.match(screen, /webhook to example\.com: queued/);
    assert.doesNotMatch(screen, /vermeer|secret/);
    assert.ok(!screen.includes('\u001b'));
    assert.match(await good('alert', 'list'), /^\S+ +vermeer +owner +held \(quiet hours\)/m);
    const { alerts } = JSON.parse(await good('alert', 'list', '--json')) as {
      alerts: { id: string }[];
    };
    assert.deepEqual(
      alerts.map(({ id }) => id).toSorted((a, b) => (a < b ? -1 : 1)),
      ['m1', 'm2'],
    );
  });

  it('alert test: sends one, and says what became of it', async () => {
    await fixture.close();
    fixture.alerting = { ...fixture.alerting, test: () => ['m1'] };
    await fixture.open();
    fixture.ledger.alerts.changeDelivery({ message: 'm1', position: 1 }, ['queued'], {
      state: 'delivered',
      nowMs: Date.now(),
      detail: 'it answered 200',
    });
    const printed = await good('alert', 'test', 'bach');
    assert.match(printed, /^owner: webhook to example\.com: delivered .*: it answered 200$/m);
  });

  it('alert test: ends with 1 when it reached nobody', async () => {
    fixture.ledger.alerts.decide({
      messages: [
        {
          id: 'm3',
          account: 'bach',
          contactName: 'owner',
          eventKey: '3',
          kind: 'test',
          event: {},
          text: 'a test',
          subject: 'a test',
          createdMs: Date.now(),
          deliveries: [{ kind: 'sms', channel: 'kannel', address: '+6591234567' }],
        },
      ],
    });
    const delivery = { message: 'm3', position: 0 };
    const nowMs = Date.now();
    fixture.ledger.alerts.changeDelivery(delivery, ['queued'], { state: 'sending', nowMs });
    const detail = 'no credit';
    fixture.ledger.alerts.changeDelivery(delivery, ['sending'], { state: 'failed', nowMs, detail });
    await fixture.close();
    fixture.alerting = { ...fixture.alerting, test: () => ['m3'] };
    await fixture.open();
    const { code, stdout, stderr } = await cctv('alert', 'test', 'bach');
    assert.equal(code, 1);
    assert.match(stdout, /^owner: sms to \+6591234567 by kannel: failed .*: no credit$/m);
    assert.equal(stderr, 'cctv: The test reached nobody of bach.');
  });
});
