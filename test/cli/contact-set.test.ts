import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { changedWays } from '../../src/control/contact-routes.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { run } from './run.ts';

const sms = (address: string) => ({ kind: 'sms' as const, address });
const email = (address: string) => ({ kind: 'email' as const, address });
const webhook = (address: string) => ({ kind: 'webhook' as const, address });

describe('cctv contact set', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = await ConsoleFixture.start();
    fixture.ledger.accounts.add('bach');
  });
  after(() => fixture[Symbol.asyncDispose]());
  beforeEach(() => {
    for (const { account, name } of fixture.ledger.contacts.list()) {
      fixture.ledger.contacts.remove(account, name);
    }
    fixture.ledger.contacts.add({
      account: 'bach',
      name: 'anna',
      quiet: { from: '22:00', to: '07:00' },
      addresses: [sms('+6591234567'), webhook('https://example.com/hush')],
    });
  });

  const set = (...args: string[]) =>
    run('cctv', ['--socket', fixture.socket, 'contact', 'set', 'bach', ...args]);
  const good = async (...args: string[]): Promise<string[]> => {
    const { code, stdout, stderr } = await set(...args);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, /hush/);
    return stdout.split('\n');
  };
  const contact = () => fixture.ledger.contacts.list('bach')[0];

  it('changes ways, quiet hours and name, and says from what to what', async () => {
    assert.deepEqual(
      await good('--name', 'anna', '--sms', '+65 9999 8888', '--quiet', '23:00-6:00'),
      [
        'Contact anna of bach is changed:',
        '  ways: sms +6591234567, then webhook example.com -> sms +6599998888, then webhook example.com',
        '  quiet hours: 22:00-07:00 -> 23:00-06:00',
        'Try it with: cctv alert test bach',
      ],
    );
    assert.deepEqual(contact()?.addresses, [
      sms('+6599998888'),
      webhook('https://example.com/hush'),
    ]);
    assert.deepEqual(await good('--name', 'anna', '--new-name', 'beth'), [
      'Contact anna of bach is changed:',
      '  name: anna -> beth',
    ]);
    assert.deepEqual(
      fixture.ledger.contacts.list('bach').map(({ name }) => name),
      ['beth'],
    );
  });

  it('takes each back', async () => {
    assert.ok(
      (await good('--name', 'anna', '--no-quiet')).includes('  quiet hours: 22:00-07:00 -> none'),
    );
    assert.equal(contact()?.quiet, undefined);
    await good('--name', 'anna', '--no-webhook', '--email', 'anna@example.com');
    assert.deepEqual(contact()?.addresses, [sms('+6591234567'), email('anna@example.com')]);
    await good('--name', 'anna', '--no-sms');
    assert.deepEqual(contact()?.addresses, [email('anna@example.com')]);
    const last = await set('--name', 'anna', '--no-email');
    assert.equal(last.code, 1);
    assert.match(last.stderr, /1 to 10 addresses/);
  });

  it('tells the secret of a webhook that is new, and of no other', async () => {
    const told = await good('--name', 'anna', '--webhook', 'https://example.org/x');
    assert.ok(told.includes('Its webhook checks signatures with whsec_of-the-test'));
    const other = await good('--name', 'anna', '--sms', '+6511112222');
    assert.doesNotMatch(other.join('\n'), /whsec/);
  });

  it('says that nothing changes, and refuses what makes no sense', async () => {
    assert.deepEqual(await good('--name', 'anna', '--sms', '+6591234567'), [
      'Nothing changes: contact anna of bach is so already.',
    ]);
    for (const [words, code, ...args] of [
      [/--new-name, --sms, --no-sms/, 2, '--name', 'anna'],
      [/either --sms or --no-sms/, 2, '--name', 'anna', '--sms', '+65', '--no-sms'],
      [/no quiet hours/, 2, '--name', 'anna', '--quiet', 'night'],
      [/bach has no contact owner. There is: anna/, 1, '--no-quiet'],
      [/phone number/, 1, '--name', 'anna', '--sms', '123'],
      [/can't be the name/, 1, '--name', 'anna', '--new-name', 'a/b'],
    ] as const) {
      const refused = await set(...args);
      assert.match(refused.stderr, words);
      assert.equal(refused.code, code, args.join(' '));
    }
    assert.equal(contact()?.name, 'anna');
  });

  it('keeps the order of ways: a kind that is given stands where it stood, or last', () => {
    const before = [sms('1'), email('a'), sms('2'), webhook('w')];
    assert.deepEqual(changedWays(before, [sms('3'), sms('4')], []), [
      sms('3'),
      sms('4'),
      email('a'),
      webhook('w'),
    ]);
    assert.deepEqual(changedWays(before, [email('b')], ['sms']), [email('b'), webhook('w')]);
    assert.deepEqual(changedWays([sms('1')], [email('b'), sms('3')], []), [email('b'), sms('3')]);
    assert.deepEqual(changedWays([sms('1')], [email('b')], []), [sms('1'), email('b')]);
    assert.deepEqual(changedWays(before, [], ['email']), [sms('1'), sms('2'), webhook('w')]);
  });
});
