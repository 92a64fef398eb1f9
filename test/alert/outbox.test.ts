import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Channel } from '../../src/alert/channel.ts';
import { Outbox, type OutboxOptions } from '../../src/alert/outbox.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { eventually } from '../support/until.ts';
import { StubCarrier, StubChannel } from './stub-carrier.ts';
import type { NewAlertMessage, NewDelivery } from '../../src/model/alert.ts';

const times = {
  patienceMs: 30_000,
  findAfterMs: 100,
  doubtMs: 500,
  retry: { minMs: 100, maxMs: 400 },
};

const sms = (channel = 'sms'): NewDelivery => ({ kind: 'sms', channel, address: '+6591234567' });
const email: NewDelivery = { kind: 'email', channel: 'email', address: 'owner@example.com' };

let last = 0;
function message(deliveries: NewDelivery[], kind = 'not-recording'): NewAlertMessage {
  last += 1;
  return {
    id: `m${last}`,
    account: 'bach',
    contactName: 'anna',
    eventKey: `${last}`,
    kind,
    event: { kind, account: 'bach', cameras: [], atMs: Date.now() },
    text: 'front-door has not recorded',
    subject: 'front-door',
    createdMs: Date.now(),
    deliveries,
  };
}

class Rig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-outbox-'));
  readonly ledger: Ledger = openLedger(join(this.directory, 'ledger.sqlite'));
  readonly carriers: StubCarrier[] = [];
  outbox: Outbox | undefined;

  constructor() {
    this.ledger.accounts.add('bach');
  }

  async carrier(): Promise<StubCarrier> {
    const carrier = await new StubCarrier().open();
    this.carriers.push(carrier);
    return carrier;
  }

  open(channels: Channel[], more: Partial<OutboxOptions> = {}): Outbox {
    this.outbox = new Outbox({
      ledger: this.ledger,
      channels,
      reporting: new Set<string>(),
      maxSmsPerHour: 100,
      times,
      clock: systemClock,
      log: silentLog,
      ...more,
    });
    return this.outbox;
  }

  send(deliveries: NewDelivery[], kind?: string): string {
    const added = message(deliveries, kind);
    this.ledger.alerts.decide({ messages: [added] });
    this.outbox?.wake();
    return added.id;
  }

  states(id: string): string[] {
    return this.ledger.alerts.find(id)?.deliveries.map(({ state }) => state) ?? [];
  }

  reaches(id: string, ...states: string[]): Promise<true> {
    return eventually(`${states.join()} of ${id}`, 60_000, () => {
      return this.states(id).join() === states.join() ? true : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.outbox?.[Symbol.asyncDispose]();
    for (const carrier of this.carriers) await carrier[Symbol.asyncDispose]();
    this.ledger[Symbol.dispose]();
    rmSync(this.directory, { recursive: true });
  }
}

describe('the outbox', () => {
  it('tells queued, accepted and delivered apart, and leaves further ways unused', async () => {
    await using rig = new Rig();
    const carrier = await rig.carrier();
    const outbox = rig.open([new StubChannel('sms', carrier.url)]);
    const id = rig.send([sms(), email]);
    assert.deepEqual(rig.states(id), ['queued', 'waiting']);
    await rig.reaches(id, 'accepted', 'waiting');
    outbox.report({ messageId: `${id}-0`, state: 'delivered', detail: 'it rang' });
    assert.deepEqual(rig.states(id), ['delivered', 'waiting']);
    // A report that comes twice, late, or of nothing that is known.
    outbox.report({ messageId: `${id}-0`, state: 'accepted' });
    outbox.report({ messageId: 'nothing-0', state: 'delivered' });
    outbox.report({ messageId: '../..', state: 'delivered' });
    const [delivery] = rig.ledger.alerts.find(id)?.deliveries ?? [];
    assert.equal(delivery?.state, 'delivered');
    assert.equal(delivery.carrierId, `carrier-${id}-0`);
    assert.equal(delivery.detail, 'it rang');
    assert.equal(delivery.attempts, 1);
    assert.equal(carrier.received.length, 1);
  });

  it('is told of an event once, however often it is decided', async () => {
    await using rig = new Rig();
    const carrier = await rig.carrier();
    rig.open([new StubChannel('sms', carrier.url)]);
    const one = message([sms()]);
    rig.ledger.alerts.decide({ messages: [one] });
    rig.ledger.alerts.decide({ messages: [{ ...one, id: 'another' }] });
    await rig.reaches(one.id, 'accepted');
    assert.equal(rig.ledger.alerts.find('another'), undefined);
  });

  for (const mood of ['busy', 'silent', 'down'] as const) {
    it(`tries the next way at once while a carrier is ${mood}, and it again later`, async () => {
      await using rig = new Rig();
      const [phone, post] = [await rig.carrier(), await rig.carrier()];
      phone.skill = 'can be asked';
      const url = mood === 'down' ? 'http://127.0.0.1:9' : phone.url;
      if (mood !== 'down') phone.mood = mood;
      const channels = [
        new StubChannel('sms', url, { skill: 'can be asked', answerMs: 2_000 }),
        new StubChannel('email', post.url, { kind: 'email' }),
      ];
      const outbox = rig.open(channels, { times: { ...times, patienceMs: 300 } });
      const ids = [1, 2, 3].map(() => rig.send([sms(), email]));
      await eventually('e-mails', 5_000, () => post.received.length === 3);
      await eventually('words for the operator', 5_000, () => outbox.failing().length > 0);
      assert.match(outbox.failing()[0]?.cause ?? '', /answer/);
      if (mood === 'down') return;
      phone.mood = 'well';
      for (const id of ids) await rig.reaches(id, 'accepted', 'accepted');
      assert.deepEqual(phone.counts, [1, 1, 1]);
      assert.deepEqual(outbox.failing(), []);
    });
  }

  it('survives a ledger that can not be written while a carrier is slow', async () => {
    await using rig = new Rig();
    const phone = await rig.carrier();
    phone.mood = 'silent';
    let refused = 0;
    const alerts = Object.assign(Object.create(rig.ledger.alerts) as Ledger['alerts'], {
      tryNext: () => {
        refused += 1;
        throw new Error('database or disk is full');
      },
    });
    rig.open([new StubChannel('sms', phone.url, { skill: 'can be asked', answerMs: 2_000 })], {
      ledger: { alerts },
      times: { ...times, patienceMs: 50 },
    });
    // An unhandled rejection would fail this test.
    rig.send([sms(), email]);
    await eventually('a try to take the next way', 10_000, () => refused > 0);
    await new Promise((resolve) => setImmediate(resolve));
  });

  it('gives a refused message up, with the reason, and takes the next way', async () => {
    await using rig = new Rig();
    const [phone, post] = [await rig.carrier(), await rig.carrier()];
    phone.mood = 'refuses';
    const email_ = new StubChannel('email', post.url, { kind: 'email' });
    const outbox = rig.open([new StubChannel('sms', phone.url), email_]);
    const id = rig.send([sms(), email]);
    await rig.reaches(id, 'failed', 'accepted');
    assert.match(rig.ledger.alerts.find(id)?.deliveries[0]?.detail ?? '', /answered 400/);
    assert.deepEqual(outbox.failing(), []);
    const gone = rig.send([sms('pager'), email]);
    await rig.reaches(gone, 'failed', 'accepted');
    assert.match(rig.ledger.alerts.find(gone)?.deliveries[0]?.detail ?? '', /no longer config/);
  });

  it('takes the next way when the carrier reports that a message failed', async () => {
    await using rig = new Rig();
    const [phone, post] = [await rig.carrier(), await rig.carrier()];
    const email_ = new StubChannel('email', post.url, { kind: 'email' });
    const outbox = rig.open([new StubChannel('sms', phone.url), email_]);
    const id = rig.send([sms(), email]);
    await rig.reaches(id, 'accepted', 'waiting');
    outbox.report({ messageId: `${id}-0`, state: 'failed', detail: 'no such subscriber' });
    await rig.reaches(id, 'failed', 'accepted');
  });

  it('sends by one carrier of several, whichever works', async () => {
    await using rig = new Rig();
    const [first, second] = [await rig.carrier(), await rig.carrier()];
    first.mood = 'busy';
    rig.open([new StubChannel('one', first.url), new StubChannel('two', second.url)]);
    const id = rig.send([sms('one'), sms('two')]);
    await rig.reaches(id, 'unneeded', 'accepted');
    first.mood = 'well';
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(first.received.length, 0);
  });

  it('does not send what is too old', async () => {
    await using rig = new Rig();
    const carrier = await rig.carrier();
    carrier.mood = 'busy';
    rig.open([new StubChannel('sms', carrier.url)], { times: { ...times, maxAgeMs: 500 } });
    const id = rig.send([sms()]);
    await rig.reaches(id, 'failed');
    assert.match(rig.ledger.alerts.find(id)?.deliveries[0]?.detail ?? '', /too old.*503/);
  });

  it('stops at its limit of SMS in all, and takes the next way', async () => {
    await using rig = new Rig();
    const [phone, post] = [await rig.carrier(), await rig.carrier()];
    const email_ = new StubChannel('email', post.url, { kind: 'email' });
    rig.open([new StubChannel('sms', phone.url), email_], { maxSmsPerHour: 2 });
    const ids = [1, 2, 3, 4].map(() => rig.send([sms(), email]));
    await rig.reaches(ids[3] ?? '', 'queued', 'accepted');
    assert.equal(phone.received.length, 2);
    assert.equal(post.received.length, 2);
  });

  it("of an answer that got lost, awaits the carrier's report before it sends again", async () => {
    await using rig = new Rig();
    const carrier = await rig.carrier();
    carrier.mood = 'takes one and hangs up';
    const channel = new StubChannel('sms', carrier.url);
    const outbox = rig.open([channel], {
      reporting: new Set(['sms']),
      times: { ...times, doubtMs: 60_000 },
    });
    const id = rig.send([sms()]);
    await rig.reaches(id, 'doubtful');
    for (const report of await channel.reports()) outbox.report(report);
    await rig.reaches(id, 'accepted');
    assert.deepEqual(carrier.counts, [1]);
  });

  it('of an answer that got lost for good, sends what matters again, and nothing else', async () => {
    await using rig = new Rig();
    const carrier = await rig.carrier();
    carrier.mood = 'takes one and hangs up';
    rig.open([new StubChannel('sms', carrier.url)]);
    const stopped = rig.send([sms()]);
    await eventually('the first', 20_000, () => carrier.received.length === 1);
    const again = rig.send([sms()], 'recording-again');
    await rig.reaches(stopped, 'accepted');
    await rig.reaches(again, 'accepted');
    carrier.mood = 'takes one and hangs up';
    const third = rig.send([sms()], 'recording-again');
    await rig.reaches(third, 'failed');
    assert.deepEqual(
      carrier.counts.toSorted((a, b) => a - b),
      [1, 1, 2],
    );
    const detail = rig.ledger.alerts.find(third)?.deliveries[0]?.detail ?? '';
    assert.match(detail, /may have been sent/);
  });

  it('tells nothing more to a contact that was removed', async () => {
    await using rig = new Rig();
    const addresses = [{ kind: 'sms', address: '+6591234567' }] as const;
    const { id } = rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses });
    const added = { ...message([sms()]), contactId: id };
    rig.ledger.alerts.decide({ messages: [added] });
    rig.ledger.contacts.remove('bach', 'anna');
    assert.deepEqual(rig.states(added.id), ['unneeded']);
  });

  it('sends to the new number of a contact what waited for the old one, and nothing to the old', async () => {
    await using rig = new Rig();
    const [phone, post] = [await rig.carrier(), await rig.carrier()];
    phone.mood = 'busy';
    const channel = new StubChannel('sms', phone.url);
    const send = channel.send.bind(channel);
    const changed = [{ kind: 'sms', address: '+6599998888' }] as const;
    // The number changes when the first try has failed, before there is another to the old one.
    channel.send = (...try_) =>
      send(...try_).catch((error: unknown) => {
        rig.ledger.contacts.change('bach', 'anna', { addresses: changed });
        phone.mood = 'well';
        throw error;
      });
    rig.open([channel, new StubChannel('email', post.url, { kind: 'email' })]);
    const addresses = [{ kind: 'sms', address: '+6591234567' }] as const;
    const { id } = rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses });
    const added = { ...message([sms(), email]), contactId: id };
    rig.ledger.alerts.decide({ messages: [added] });
    rig.outbox?.wake();
    // Its second way, by now none of the contact's, is not taken.
    await rig.reaches(added.id, 'accepted', 'unneeded');
    assert.deepEqual(
      phone.received.map(({ to }) => to),
      ['+6599998888'],
    );
    assert.deepEqual(post.received, []);
  });

  it('takes the next way where a contact has no other address of the kind', async () => {
    await using rig = new Rig();
    const [phone, post] = [await rig.carrier(), await rig.carrier()];
    const addresses = [{ kind: 'email', address: email.address }] as const;
    const { id } = rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses });
    const added = { ...message([sms(), sms('other'), email]), contactId: id };
    rig.ledger.alerts.decide({ messages: [added] });
    rig.open([
      new StubChannel('sms', phone.url),
      new StubChannel('other', phone.url),
      new StubChannel('email', post.url, { kind: 'email' }),
    ]);
    await rig.reaches(added.id, 'unneeded', 'unneeded', 'accepted');
    assert.deepEqual(phone.received, []);
    assert.equal(post.received.length, 1);
    assert.match(
      rig.ledger.alerts.find(added.id)?.deliveries[0]?.detail ?? '',
      /no longer reached there/,
    );
  });
});
