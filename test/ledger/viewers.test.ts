import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, it } from 'node:test';
import { DuplicateError, UnknownNameError } from '../../src/model/errors.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-viewers-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let count = 0;
const newFile = (): string => join(directory, `${++count}.sqlite`);

const credentials = (digit: string) => ({ md5: digit.repeat(32), sha256: digit.repeat(64) });
const bach = { account: 'bach', name: 'bach' };
const anna = { account: 'bach', name: 'anna@example.com' };

function withCameras(file = newFile()): Ledger {
  const ledger = openLedger(file);
  for (const [n, name] of ['bach/front-door', 'bach/attic', 'albers/yard'].entries()) {
    const [account = '', camera = ''] = name.split('/');
    if (!ledger.accounts.list().some((one) => one.name === account)) ledger.accounts.add(account);
    const blob = Buffer.from(`blob ${n}`);
    const key = { algorithm: 'ssh-ed25519', blob, fingerprint: `SHA256:${n}`, comment: '' };
    ledger.cameras.add({ account, camera, key });
  }
  return ledger;
}

describe('the viewers in the ledger', () => {
  it('are kept across openings, with all cameras or some', () => {
    const file = newFile();
    {
      using ledger = withCameras(file);
      ledger.viewers.add({ ...bach, credentials: credentials('a') });
      const cameras = ['front-door', 'attic', 'attic'];
      ledger.viewers.add({ ...anna, credentials: credentials('b'), cameras });
    }
    using ledger = openLedger(file);
    assert.deepEqual(
      ledger.viewers.list('bach').map(({ name, cameras }) => [name, cameras]),
      [
        ['anna@example.com', ['attic', 'front-door']],
        ['bach', undefined],
      ],
    );
    assert.deepEqual(ledger.viewers.find('bach', 'bach'), {
      name: 'bach',
      credentials: credentials('a'),
    });
    assert.deepEqual(ledger.viewers.find('bach', 'anna@example.com')?.cameras, [
      'attic',
      'front-door',
    ]);
    assert.equal(ledger.viewers.find('bach', 'ANNA@example.com'), undefined);
    assert.equal(ledger.viewers.find('albers', 'bach'), undefined);
    assert.equal(ledger.viewers.find('nobody', 'bach'), undefined);
    assert.deepEqual(ledger.viewers.list('albers'), []);
  });

  it('are added once, to accounts and cameras that exist, under names that players can write', () => {
    using ledger = withCameras();
    const add = (account: string, name: string, cameras?: string[]) => {
      const given = { account, name, credentials: credentials('a') };
      ledger.viewers.add(cameras === undefined ? given : { ...given, cameras });
    };
    add('bach', 'bach');
    add('albers', 'bach');
    assert.throws(() => add('bach', 'bach'), DuplicateError);
    assert.throws(() => add('nobody', 'bach'), UnknownNameError);
    assert.throws(
      () => add('bach', 'anna', ['front-door', 'frontdoor']),
      (error) =>
        error instanceof UnknownNameError &&
        error.message === 'The account has no camera frontdoor. Did you mean front-door?',
    );
    assert.throws(() => add('bach', 'anna', ['yard']), UnknownNameError);
    for (const name of ['', 'a:b', 'a"b', 'a\\b', 'a/b', 'a b', 'ä', 'a\n', 'x'.repeat(65)]) {
      assert.throws(() => add('bach', name), OperatorError, name);
    }
    assert.equal(ledger.viewers.list().length, 2);
  });

  it('see the cameras that were named, whatever these are called by then', () => {
    const file = newFile();
    using ledger = withCameras(file);
    ledger.viewers.add({ ...anna, credentials: credentials('a'), cameras: ['attic'] });
    {
      using database = new DatabaseSync(file);
      database.exec(`UPDATE cameras SET name = 'loft' WHERE name = 'attic'`);
    }
    assert.deepEqual(ledger.viewers.find('bach', anna.name)?.cameras, ['loft']);
    ledger.cameras.remove({ account: 'bach', camera: 'loft' });
    assert.deepEqual(ledger.viewers.find('bach', anna.name)?.cameras, []);
  });

  it('have no right to a camera that got the name of a removed one', () => {
    using ledger = withCameras();
    const cameras = ['front-door', 'attic'];
    ledger.viewers.add({ ...anna, credentials: credentials('b'), cameras });
    const attic = { account: 'bach', camera: 'attic' };
    ledger.cameras.remove(attic);
    const blob = Buffer.from('another');
    const key = { algorithm: 'ssh-ed25519', blob, fingerprint: 'SHA256:9', comment: '' };
    ledger.cameras.add({ ...attic, key });
    assert.deepEqual(ledger.viewers.find('bach', anna.name)?.cameras, ['front-door']);
  });

  it('get new passwords, and are removed', () => {
    using ledger = withCameras();
    ledger.viewers.add({ ...bach, credentials: credentials('a') });
    ledger.viewers.add({ ...anna, credentials: credentials('b'), cameras: ['attic'] });
    ledger.viewers.setCredentials(bach, credentials('c'));
    assert.deepEqual(ledger.viewers.find('bach', 'bach')?.credentials, credentials('c'));
    assert.deepEqual(ledger.viewers.find('bach', anna.name)?.credentials, credentials('b'));
    ledger.viewers.remove(anna);
    assert.equal(ledger.viewers.find('bach', anna.name), undefined);
    for (const fail of [
      () => ledger.viewers.remove(anna),
      () => ledger.viewers.setCredentials(anna, credentials('d')),
      () => ledger.viewers.require(anna),
    ]) {
      assert.throws(fail, /There is no viewer bach\/anna@example\.com\. There is: bach\/bach\./);
    }
  });

  it('are forgotten with their account', () => {
    const file = newFile();
    using ledger = withCameras(file);
    ledger.viewers.add({ ...bach, credentials: credentials('a'), cameras: ['attic'] });
    {
      using database = new DatabaseSync(file);
      database.exec(`UPDATE accounts SET removedMs = 1 WHERE name = 'bach'`);
    }
    assert.equal(ledger.viewers.find('bach', 'bach'), undefined);
    ledger.accounts.add('bach');
    assert.equal(ledger.viewers.find('bach', 'bach'), undefined);
  });
});
