import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { ConsoleFixture } from '../control/fixture.ts';

describe('over the control socket, of alerts', () => {
  let fixture: ConsoleFixture;
  const door = { account: 'bach', camera: 'front-door' };

  before(async () => {
    fixture = new ConsoleFixture();
    fixture.addCamera(door, 1);
    await fixture.open();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const ask = async (method: string, path: string, body?: unknown) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const { socket: socketPath } = fixture;
    const asking = request({ socketPath, method, path, headers, agent: false });
    asking.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(asking, 'response')) as [IncomingMessage];
    return { status: response.statusCode, answer: await text(response) };
  };
  const refused = async (words: RegExp, status: number, ...asking: Parameters<typeof ask>) => {
    const { status: got, answer } = await ask(...asking);
    assert.match(answer, words);
    assert.equal(got, status, answer);
  };

  it('contacts that could not be reached are refused at once', async () => {
    const add = (kind: string, address: string, more: object = {}) => {
      const contact = { account: 'bach', name: 'owner', addresses: [{ kind, address }], ...more };
      return ['POST', '/contacts', contact] as const;
    };
    await refused(/phone number with its country code/, 400, ...add('sms', '91234567'));
    await refused(/e-mail address/, 400, ...add('email', 'a@example.com\r\nBcc: b@example.com'));
    await refused(/https?:/, 400, ...add('webhook', 'ftp://example.com'));
    await refused(/https?:/, 400, ...add('webhook', 'http://example.com/\r\nx: y'));
    const number = '+6591234567';
    const quiet = { from: '22:00', to: '25:00' };
    await refused(/no quiet hours/, 400, ...add('sms', number, { quiet }));
    await refused(/can't be the name/, 400, ...add('sms', number, { name: 'a/b' }));
    await refused(/can't be the name/, 400, ...add('sms', number, { name: 'a\nb' }));
    await refused(/1 to 10 addresses/, 400, ...add('sms', number, { addresses: [] }));
    await refused(/no account nobody/, 404, ...add('sms', number, { account: 'nobody' }));
    assert.deepEqual(fixture.ledger.contacts.list(), []);
    assert.equal((await ask(...add('sms', number))).status, 201);
    await refused(/contact owner already/, 409, ...add('sms', number));
    await refused(/no contact anna. There is: owner/, 404, 'DELETE', '/contacts/bach/anna');
    const { alerting } = fixture;
    await fixture.close();
    fixture.alerting = { ...alerting, kinds: new Set(['webhook']) };
    await fixture.open();
    await refused(/Nothing is configured by which sms/, 400, ...add('sms', number));
  });

  it('silences, times and zones that make no sense are refused', async () => {
    const camera = '/cameras/bach/front-door';
    await refused(/up to a year/, 400, 'POST', `${camera}/silence`, { forMs: 400 * 86_400_000 });
    await refused(/up to a year/, 400, 'POST', `${camera}/silence`, { forMs: -5 });
    await refused(/10s to 7d/, 400, 'POST', `${camera}/alert-after`, { seconds: 3 });
    await refused(/10s to 7d/, 400, 'POST', `${camera}/alert-after`, { seconds: 10.5 });
    await refused(/no camera/, 404, 'POST', '/cameras/bach/attic/silence', { forMs: 5 });
    for (const timeZone of ['Singapur', '+08:00', '', 'Asia/Singapore\n']) {
      await refused(/no time zone/, 400, 'POST', '/accounts/bach/time-zone', { timeZone });
    }
    await refused(/no account/, 404, 'POST', '/accounts/x/time-zone', { timeZone: 'Asia/Tokyo' });
    await refused(/no account/, 404, 'POST', '/accounts/nobody/test-alert', {});
    await refused(/no account/, 404, 'GET', '/alerts?account=nobody');
    await refused(/no alert/, 404, 'GET', '/alerts/nothing');
    assert.deepEqual(fixture.ledger.alertSettings.of(door), {});
  });

  it('a test goes to an account that exists', async () => {
    assert.equal((await ask('POST', '/accounts/bach/test-alert', {})).status, 200);
    assert.deepEqual(fixture.tested, ['bach']);
  });
});
