import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { SnsChannel, type SnsOptions } from '../../../src/alert/channels/sns.ts';
import { type SnsStub, startSnsStub } from '../../stand-ins/sns.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

describe('an SMS by Amazon SNS', () => {
  let stub: SnsStub;
  const channel = (more: Partial<SnsOptions> = {}): SnsChannel => {
    const { endpoint, region, accessKeyId, secretAccessKey } = stub;
    return new SnsChannel({
      endpoint,
      region,
      accessKeyId,
      secretAccessKey,
      patience: { connectMs: 30_000, totalMs: 60_000 },
      ...more,
    });
  };

  before(async () => (stub = await startSnsStub()));
  beforeEach(() => (stub.mode = 'normal'));
  after(() => stub?.[Symbol.asyncDispose]());

  it('is published once, signed, as transactional, with the sender and the price that are set', async () => {
    await using sns = channel({ senderId: 'CCTV', maxPrice: 0.25 });
    const message = aMessage({ text: 'é — 10:42' });
    const { carrierId, final } = await sns.send(message, patient);
    assert.match(carrierId ?? '', /^[0-9a-f-]{36}$/);
    assert.equal(final, 'accepted');
    const [form, ...others] = stub.published;
    assert.equal(others.length, 0);
    assert.equal(form?.get('PhoneNumber'), message.to);
    assert.equal(form.get('Message'), 'é - 10:42');
    const attributes = [1, 2, 3].map((index) => {
      const at = `MessageAttributes.entry.${index}`;
      return [form.get(`${at}.Name`), form.get(`${at}.Value.StringValue`)];
    });
    assert.deepEqual(attributes, [
      ['AWS.SNS.SMS.SMSType', 'Transactional'],
      ['AWS.SNS.SMS.SenderID', 'CCTV'],
      ['AWS.SNS.SMS.MaxPrice', '0.25'],
    ]);
  });

  it('tells refusals from what passes or can be mended', async () => {
    await using sns = channel();
    const refused = await failureOf(sns, aMessage({ to: '+15005550001' }));
    assert.equal(told(refused), 'refused');
    assert.match(
      refused.message,
      /^sns answered 400 InvalidParameter\w*: Invalid parameter: Phone/,
    );
    await using stranger = channel({ secretAccessKey: 'other-secret' });
    const forbidden = await failureOf(stranger, aMessage());
    assert.equal(told(forbidden), 'temporary');
    assert.match(forbidden.message, /^sns answered 403 SignatureDoesNotMatch: /);
    assert.doesNotMatch(forbidden.message, /other-secret/);
    stub.mode = 'throttling';
    const before = stub.server.requests.length;
    const throttled = await failureOf(sns, aMessage());
    assert.equal(told(throttled), 'temporary');
    assert.match(throttled.message, /^sns answered 400 Thrott\w+: Rate exceeded/);
    // Patience is the outbox's: the SDK sends nothing again by itself.
    assert.equal(stub.server.requests.length, before + 1);
  });

  it('may have been sent when its answer is lost, or is of somebody else', async () => {
    await using sns = channel();
    stub.mode = 'cut after taking';
    const before = stub.published.length;
    assert.equal(told(await failureOf(sns, aMessage())), 'temporary, maybe sent');
    assert.equal(stub.published.length, before + 1);
    stub.mode = 'web page';
    assert.equal(told(await failureOf(sns, aMessage())), 'temporary, maybe sent');
  });

  it('was not sent when there is nobody', async () => {
    const gone = await startSnsStub();
    await gone[Symbol.asyncDispose]();
    await using sns = channel({ endpoint: gone.endpoint });
    const error = await failureOf(sns, aMessage());
    assert.equal(told(error), 'temporary');
    assert.match(error.message, /ECONNREFUSED/);
  });

  it('ends at once when it is told to', async () => {
    await using sns = channel();
    const error = await failureOf(sns, aMessage(), AbortSignal.abort(new Error('stopping')));
    assert.match(error.message, /stopping/);
  });
});
