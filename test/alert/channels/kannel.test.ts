import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DeliveryReport } from '../../../src/alert/channel.ts';
import { createChannels, reportReaders } from '../../../src/alert/channels.ts';
import { type Reports, startReports } from '../../../src/alert/reports.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { type Kannel, startKannel } from '../../stand-ins/kannel.ts';
import { eventually } from '../../support/until.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

const key = new Uint8Array(32).fill(7);

describe('an SMS by Kannel', () => {
  let directory: string;
  let kannel: Kannel;
  let reports: Reports;
  const reported: DeliveryReport[] = [];

  const carriers = (password = kannel.password) => ({
    sms: {
      gateway: { name: 'kannel', url: kannel.urlTemplate, password, accepted: /^[03]: / },
    },
  });
  const channel = async (password?: string) => {
    const [first] = await createChannels(carriers(password), key, reports.urlOf);
    assert.equal(first?.name, 'kannel');
    return first;
  };
  const statesOf = (id: string): string[] =>
    reported.filter(({ messageId }) => messageId === id).map(({ state }) => state);
  const arrived = (to: string) =>
    eventually(`an SMS to ${to}`, 10_000, async () =>
      (await kannel.received()).find((sms) => sms.to === to),
    );

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'cctv-kannel-'));
    kannel = await startKannel(directory);
    reports = await startReports({
      listen: { host: '127.0.0.1', port: 0 },
      key,
      readers: reportReaders(carriers()),
      onReport: (_channel, report) => void reported.push(report),
      log: silentLog,
    });
  });

  after(async () => {
    await reports?.[Symbol.asyncDispose]();
    await kannel?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('arrives as it was written, and its delivery is reported by its id', async () => {
    const message = aMessage({ to: '+6590000001', text: 'a: [b] {c} 50% & "d" + é € — 10:42?' });
    const accepted = await (await channel()).send(message, patient);
    assert.deepEqual(accepted, { final: 'accepted', detail: '0: Accepted for delivery' });
    assert.deepEqual(await arrived(message.to), {
      from: '13013',
      to: message.to,
      text: 'a: [b] {c} 50% & "d" + é € - 10:42?',
    });
    await eventually('the report', 10_000, () => statesOf(message.id).includes('delivered'));
    assert.deepEqual(statesOf(message.id), ['accepted', 'delivered']);
  });

  it('is of one part, in the GSM alphabet and in others', async () => {
    const long = aMessage({ to: '+6590000002', text: 'x'.repeat(400) });
    await (await channel()).send(long, patient);
    assert.equal((await arrived(long.to)).text, `${'x'.repeat(157)}...`);
    const other = aMessage({ to: '+6590000003', text: '田'.repeat(100) });
    await (await channel()).send(other, patient);
    assert.equal((await arrived(other.to)).text, `${'田'.repeat(69)}…`);
    const all = await kannel.received();
    assert.equal(all.filter(({ to }) => to === long.to || to === other.to).length, 2);
  });

  it('waits at Kannel while the network is down, and then arrives once', async () => {
    await kannel.stopCentre();
    const message = aMessage({ to: '+6590000004' });
    const { detail } = await eventually('a queue', 10_000, async () => {
      // Kannel notices the loss of its centre a moment later.
      const probe = await (await channel()).send(aMessage({ to: '+6590000005' }), patient);
      return probe.detail?.startsWith('3: ') && (await (await channel()).send(message, patient));
    });
    assert.equal(detail, '3: Queued for later delivery');
    await kannel.startCentre();
    assert.equal((await arrived(message.to)).text, message.text);
    await eventually('the report', 10_000, () => statesOf(message.id).includes('delivered'));
    assert.equal((await kannel.received()).filter(({ to }) => to === message.to).length, 1);
  });

  it('with a wrong password is tried again later, and no password is told', async () => {
    const error = await failureOf(await channel('wrong-password'), aMessage());
    assert.equal(told(error), 'temporary');
    assert.equal(error.message, 'kannel answered 403: Authorization failed for sendsms');
  });

  it('without a number is refused', async () => {
    const error = await failureOf(await channel(), aMessage({ to: '' }));
    assert.equal(told(error), 'refused');
    assert.match(error.message, /^kannel answered 400: Empty receiver number not allowed/);
  });
});
