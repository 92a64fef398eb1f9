import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { DeliveryReport } from '../../../src/alert/channel.ts';
import { createChannels, reportReaders } from '../../../src/alert/channels.ts';
import { type Reports, startReports } from '../../../src/alert/reports.ts';
import { isFromTwilio, TwilioChannel } from '../../../src/alert/channels/twilio.ts';
import { silentLog } from '../../../src/lib/log.ts';
import { startTwilioStub, type TwilioStub } from '../../stand-ins/twilio.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

const key = new Uint8Array(32).fill(7);
const from = '+15005550006';

describe('an SMS by Twilio', () => {
  let stub: TwilioStub;
  let reports: Reports;
  const reported: DeliveryReport[] = [];
  const carriers = () => {
    const { accountSid, authToken, endpoint } = stub;
    return { sms: { twilio: { accountSid, authToken, endpoint, sender: { from } } } };
  };
  const channel = async (): Promise<TwilioChannel> => {
    const [first] = await createChannels(carriers(), key, reports.urlOf);
    assert.ok(first instanceof TwilioChannel);
    return first;
  };

  before(async () => {
    stub = await startTwilioStub();
    reports = await startReports({
      listen: { host: '127.0.0.1', port: 0 },
      key,
      readers: reportReaders(carriers()),
      onReport: (_channel, report) => void reported.push(report),
      log: silentLog,
    });
  });
  beforeEach(() => {
    stub.mode = 'normal';
    reported.length = 0;
  });
  after(async () => {
    await reports?.[Symbol.asyncDispose]();
    await stub?.[Symbol.asyncDispose]();
  });

  it('is accepted, and each later state is reported', async () => {
    const message = aMessage({ text: 'a + b & c = 10:42 é' });
    const accepted = await (await channel()).send(message, patient);
    const [taken] = stub.messages;
    assert.deepEqual(accepted, { final: 'accepted', carrierId: taken?.sid, detail: 'queued' });
    assert.equal(taken?.body, message.text);
    assert.equal(taken.from, from);
    assert.equal(await stub.report(taken.sid, 'sent'), 204);
    assert.equal(await stub.report(taken.sid, 'delivered'), 204);
    assert.equal(await stub.report(taken.sid, 'undelivered', 30003), 204);
    const common = { messageId: message.id, carrierId: taken.sid };
    assert.deepEqual(reported, [
      { ...common, state: 'accepted', detail: 'sent' },
      { ...common, state: 'delivered', detail: 'delivered' },
      { ...common, state: 'failed', detail: 'undelivered, error 30003' },
    ]);
  });

  it('can go by a messaging service', async () => {
    const { accountSid, authToken, endpoint } = stub;
    const sender = { messagingServiceSid: `MG${'0'.repeat(32)}` };
    const service = new TwilioChannel({ accountSid, authToken, endpoint, sender });
    assert.equal((await service.send(aMessage(), patient)).detail, 'accepted');
  });

  it('is not reported by who has not the token, even at the right address', async () => {
    const message = aMessage();
    await (await channel()).send(message, patient);
    const form = new URLSearchParams({
      MessageSid: stub.messages[0]?.sid ?? '',
      MessageStatus: 'delivered',
    });
    for (const headers of [{}, { 'X-Twilio-Signature': 'x'.repeat(28) }]) {
      const url = reports.urlOf('twilio', message.id);
      const { status } = await fetch(url, { method: 'POST', body: form, headers });
      assert.equal(status, 403);
    }
    assert.deepEqual(reported, []);
  });

  it('has the signature of the example in the manual of Twilio', () => {
    const form = new URLSearchParams({
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    });
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    assert.ok(isFromTwilio('12345', url, form, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='));
    assert.ok(!isFromTwilio('12346', url, form, 'RSOYDt4T1cUTdK1PDd93/VVr8B8='));
  });

  it('tells refusals from what passes or can be mended, in the words of Twilio', async () => {
    const failure = async (to: string): Promise<string> => {
      const error = await failureOf(await channel(), aMessage({ to }));
      return `${told(error)}: ${error.message}`;
    };
    assert.match(await failure('+15005550001'), /^refused: twilio answered 400, error 21211: Inv/);
    assert.match(await failure('+15005550004'), /^refused: .* error 21610/);
    assert.match(await failure('+15005550002'), /^temporary: .* error 21408: Permission/);
    stub.mode = 'too many requests';
    assert.match(await failure('+6591234567'), /^temporary: twilio answered 429, error 20429/);
    const { accountSid, endpoint } = stub;
    const stranger = new TwilioChannel({ accountSid, endpoint, authToken: 'x', sender: { from } });
    const error = await failureOf(stranger, aMessage());
    assert.equal(told(error), 'temporary');
    assert.equal(error.message, 'twilio answered 401, error 20003: Authenticate');
  });

  it('whose answer is lost is found, and not taken for another of its kind', async () => {
    const text = 'the same text';
    const earlier = aMessage({ text, createdMs: Date.now() - 3_600_000 });
    const message = aMessage({ text, createdMs: Date.now() });
    assert.equal(await (await channel()).find(message, patient), 'not sent');
    stub.mode = 'cut after taking';
    assert.equal(told(await failureOf(await channel(), message)), 'temporary, maybe sent');
    stub.mode = 'normal';
    assert.deepEqual(await (await channel()).find(message, patient), {
      final: 'accepted',
      carrierId: stub.messages[0]?.sid,
      detail: 'queued',
    });
    assert.equal(await (await channel()).find(aMessage({ text: 'another' }), patient), 'not sent');
    assert.equal(
      await (await channel()).find({ ...message, to: '+6590000000' }, patient),
      'not sent',
    );
    const future = { ...message, createdMs: earlier.createdMs + 2 * 3_600_000 };
    assert.equal(await (await channel()).find(future, patient), 'not sent');
  });

  it('is not said to be unsent when there are too many newer ones to see', async () => {
    const message = aMessage({ to: '+6597777777' });
    for (let sent = 0; sent < 50; sent += 1) {
      await (await channel()).send(aMessage({ to: message.to, text: `newer ${sent}` }), patient);
    }
    assert.equal(await (await channel()).find(message, patient), 'unknown');
  });

  it('may have been sent when something else than Twilio answers', async () => {
    stub.mode = 'web page';
    const error = await failureOf(await channel(), aMessage());
    assert.equal(told(error), 'temporary, maybe sent');
    assert.match(error.message, /with no message: Welcome to the Wi-Fi$/);
    await assert.rejects((await channel()).find(aMessage(), patient), /no message: Welcome/);
  });
});
