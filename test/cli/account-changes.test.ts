import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Selection } from '../../src/gateway/gateway.ts';
import { ConsoleFixture, connected } from '../control/fixture.ts';
import { run } from './run.ts';

const door = { account: 'bach', camera: 'door' };

describe('cctv account rename and remove', () => {
  let fixture: ConsoleFixture;
  const shut: Selection[] = [];
  before(async () => {
    fixture = new ConsoleFixture();
    fixture.gateway = {
      place: { domain: 'cctv.example', rtsp: undefined, rtsps: { host: 'any', port: 322 } },
      viewers: () => [],
      disconnect: (whom) => void shut.push(whom),
    };
    await fixture.open();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const cctv = (...args: string[]) => run('cctv', ['--socket', fixture.socket, ...args]);
  const good = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cctv(...args);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it('rename: says what it means for cameras, passwords, players and the bucket', async () => {
    fixture.addCamera(door, 1, { minutes: 2, endMs: Date.now() });
    await good('viewer', 'add', 'bach/anna');
    fixture.fleet = [connected(door), connected({ account: 'other', camera: 'door' })];
    fixture.ledger.states.note(door, 'recording', '', Date.now());
    assert.deepEqual((await good('account', 'rename', 'bach', 'verdi')).split('\n'), [
      'Account bach is now verdi.',
      '1 camera dials in again, with the same cards.',
      'Passwords stay valid, and user names too: anna. On the page, viewers log in to the account verdi.',
      'Players need the new address: rtsps://verdi.cctv.example/CAMERA',
      'What was recorded until now keeps its place in the bucket, below bach/.',
    ]);
    assert.deepEqual(fixture.removed, ['bach/door'], 'only its cameras dial in again');
    assert.deepEqual(shut, [{ account: 'bach' }]);
    const [state] = fixture.ledger.states.list('verdi');
    assert.deepEqual(
      [state?.state, state?.detail],
      ['camera offline', 'closed by the daemon: the account was renamed to verdi'],
    );
    assert.match(await good('account', 'list'), /^verdi +1 .* bach$/m);
    assert.match(await good('camera', 'show', 'verdi/door'), /^Account was called +bach$/m);
    const { code, stderr } = await cctv('camera', 'show', 'bach/door');
    assert.equal(code, 1);
    assert.match(stderr, /no account bach any more: it is called verdi now/);
    const odd = await cctv('account', 'rename', 'verdi', 'Ver di');
    assert.deepEqual([odd.code, /"Ver di" is no account/.test(odd.stderr)], [2, true]);
    assert.equal((await cctv('account', 'rename', 'verdi')).code, 2);
  });

  it('remove: refuses while there are cameras, asks, and says how footage is deleted', async () => {
    const refused = await cctv('account', 'remove', 'verdi', '--yes');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /verdi has 1 camera\. To remove them with it, say --cameras/);
    const asked = await cctv('account', 'remove', 'verdi', '--cameras');
    assert.equal(asked.code, 2);
    assert.match(asked.stderr, /its 1 camera\?.*footage \(2 segments\) stays\. Say so with --yes/);
    assert.equal(fixture.ledger.accounts.list().length, 1);

    fixture.removed.length = 0;
    shut.length = 0;
    const told = await good('account', 'remove', 'verdi', '--cameras', '--yes');
    assert.match(told, /^Account verdi and its 1 camera are removed, with its viewers/);
    assert.match(told, /aws s3 rm --recursive s3:\/\/BUCKET\/verdi\//);
    assert.match(told, /before it was renamed lies below bach\//);
    assert.deepEqual(fixture.removed, ['verdi/door']);
    assert.deepEqual(shut, [{ account: 'verdi' }]);
    assert.deepEqual(fixture.ledger.accounts.list(), []);
    const again = await cctv('account', 'remove', 'verdi', '--yes');
    assert.equal(again.code, 1);
    assert.match(again.stderr, /no account verdi/);
    assert.match(await good('account', 'remove', '--help'), /deletes no footage.*aws s3 rm/s);

    fixture.ledger.accounts.add('empty');
    assert.match(
      await good('account', 'remove', 'empty', '--yes'),
      /^Account empty is removed, with its viewers, contacts and tokens\.$/m,
    );
  });
});
