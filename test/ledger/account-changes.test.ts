import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DuplicateError, UnknownNameError } from '../../src/model/errors.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import type { CameraName } from '../../src/model/camera-name.ts';
import { keyNumber } from '../support/journaled-bucket.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-accounts-'));
let ledgers = 0;
after(() => rmSync(directory, { recursive: true }));

const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };
const bachDoor = { account: 'bach', camera: 'door' };
const verdiDoor = { account: 'verdi', camera: 'door' };
const credentials = { md5: 'ab'.repeat(16), sha256: 'cd'.repeat(32) };
const tokenOf = { account: 'bach', uses: 3, expiresMs: Date.now() + 1e9 };

const segmentAt = (camera: CameraName, startMs: number) => ({
  ...camera,
  startMs,
  durationMs: 1_000,
  bytes: 7,
  sha256: createHash('sha256').update(`${camera.account} ${startMs}`).digest('hex'),
});

function withCamera(): Ledger {
  const ledger = openLedger(join(directory, `${(ledgers += 1)}.sqlite`));
  ledger.accounts.add('bach');
  ledger.cameras.add({ ...bachDoor, key: keyNumber(1) });
  ledger.viewers.add({ account: 'bach', name: 'anna', credentials });
  ledger.contacts.add({
    account: 'bach',
    name: 'owner',
    addresses: [{ kind: 'sms', address: '+6511112222' }],
  });
  return ledger;
}

const keysOf = (ledger: Ledger, name: CameraName) =>
  ledger.segments.list(name, all).map(({ objectKey }) => objectKey);

const session = (n: number): Buffer => createHash('sha256').update(`session ${n}`).digest();

const origin = { address: '192.0.2.1', agent: 'Firefox' };

describe('an account that is renamed', () => {
  it('keeps cameras, viewers with their passwords and sessions, contacts, tokens, and its time zone', () => {
    using ledger = withCamera();
    const { token } = ledger.tokens.add(tokenOf);
    ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
    assert.ok(ledger.sessions.begin(session(1), { account: 'bach', viewer: 'anna' }, origin));
    ledger.accounts.rename('bach', 'verdi');
    assert.deepEqual(
      ledger.accounts.list().map(({ name, cameras, formerNames }) => [name, cameras, formerNames]),
      [['verdi', 1, ['bach']]],
    );
    assert.deepEqual(ledger.viewers.find('verdi', 'anna')?.credentials, credentials);
    assert.equal(ledger.viewers.find('bach', 'anna'), undefined);
    const owner = ledger.sessions.find(session(1), Date.now());
    assert.equal(owner?.role === 'viewer' && owner.account, 'verdi');
    assert.equal(ledger.contacts.list('verdi')[0]?.addresses[0]?.address, '+6511112222');
    assert.equal(ledger.accounts.timeZone('verdi'), 'Asia/Singapore');
    const added = ledger.tokens.enrol(token, keyNumber(9));
    assert.ok(typeof added !== 'string');
    assert.equal(added.account, 'verdi');
    assert.deepEqual(ledger.keys.ownerOf(keyNumber(1)), {
      ...verdiDoor,
      disabled: false,
      formerNames: [],
      formerAccounts: ['bach'],
    });
  });

  it('keeps its footage: stored, in the spool, and what was still on its way', () => {
    using ledger = withCamera();
    ledger.segments.stored(segmentAt(bachDoor, 1_000), { key: 'bach/door/1.mp4' });
    const waiting = segmentAt(bachDoor, 2_000);
    ledger.segments.spooled(waiting);
    ledger.segments.noteHole(
      { ...bachDoor, startMs: 3_000, durationMs: 500 },
      'stream stalled',
      '',
    );
    ledger.accounts.rename('bach', 'verdi');
    assert.deepEqual(
      ledger.segments.inSpool().map(({ account, camera }) => `${account}/${camera}`),
      ['bach/door'],
      'what lies in the spool is not renamed',
    );
    ledger.segments.stored(waiting, { key: 'bach/door/2.mp4' });
    // The last file of a recording that ended because of the renaming.
    ledger.segments.stored(segmentAt(bachDoor, Date.now() + 50), { key: 'bach/door/3.mp4' });
    ledger.segments.stored(segmentAt(verdiDoor, Date.now() + 60), { key: 'verdi/door/4.mp4' });
    const keys = ['bach/door/1.mp4', 'bach/door/2.mp4', 'bach/door/3.mp4', 'verdi/door/4.mp4'];
    assert.deepEqual(keysOf(ledger, verdiDoor), keys);
    assert.deepEqual(keysOf(ledger, bachDoor), keys, 'by its old name too');
  });

  it('leaves its name to another, whose footage and viewers are its own', async () => {
    using ledger = withCamera();
    const oldMs = Date.now() - 1_000;
    ledger.accounts.rename('bach', 'verdi');
    await delay(5);
    ledger.accounts.add('bach');
    ledger.cameras.add({ ...bachDoor, key: keyNumber(2) });
    ledger.segments.stored(segmentAt(bachDoor, oldMs), { key: 'of verdi' });
    ledger.segments.stored(segmentAt(bachDoor, Date.now()), { key: 'of the new bach' });
    assert.deepEqual(keysOf(ledger, verdiDoor), ['of verdi']);
    assert.deepEqual(keysOf(ledger, bachDoor), ['of the new bach']);
    assert.equal(ledger.viewers.find('bach', 'anna'), undefined);
    assert.deepEqual(ledger.contacts.list('bach'), []);
    assert.deepEqual(ledger.keys.ownerOf(keyNumber(2))?.formerAccounts, []);
  });

  it('may be renamed again and back, together with its cameras', async () => {
    using ledger = withCamera();
    ledger.segments.stored(segmentAt(bachDoor, Date.now()), { key: '1' });
    await delay(5);
    ledger.accounts.rename('bach', 'verdi');
    ledger.segments.stored(segmentAt(verdiDoor, Date.now()), { key: '2' });
    await delay(5);
    const gate = ledger.cameras.rename(verdiDoor, 'gate');
    ledger.segments.stored(segmentAt(gate, Date.now()), { key: '3' });
    await delay(5);
    ledger.accounts.rename('verdi', 'bach');
    const bachGate = { account: 'bach', camera: 'gate' };
    ledger.segments.stored(segmentAt(bachGate, Date.now()), { key: '4' });
    assert.deepEqual(keysOf(ledger, bachGate), ['1', '2', '3', '4']);
    assert.deepEqual(
      ledger.audit.names('bach').map(({ account, camera }) => `${account}/${camera}`),
      ['bach/door', 'bach/gate', 'verdi/door', 'verdi/gate'],
    );
    assert.deepEqual(ledger.accounts.list()[0]?.formerNames, ['verdi']);
  });

  it('is refused a name that is taken, kept for footage, or no name', () => {
    using ledger = withCamera();
    ledger.accounts.add('verdi');
    const refused = (task: () => void, kind: new () => Error, words: RegExp) =>
      assert.throws(task, (error: Error) => error instanceof kind && words.test(error.message));
    refused(() => ledger.accounts.rename('bach', 'verdi'), DuplicateError, /verdi already/);
    refused(() => ledger.accounts.rename('bach', 'bach'), DuplicateError, /already/);
    ledger.accounts.remove('verdi', false);
    refused(() => ledger.accounts.rename('bach', 'verdi'), DuplicateError, /was removed/);
    refused(() => ledger.accounts.rename('bach', 'Verdi!'), OperatorError, /can't be the name/);
    ledger.accounts.rename('bach', 'puccini');
    refused(
      () => ledger.accounts.rename('bach', 'x'),
      UnknownNameError,
      /no account bach any more: it is called puccini now/,
    );
    refused(() => ledger.contacts.list('bach'), UnknownNameError, /it is called puccini now/);
  });
});

describe('an account that is removed', () => {
  it('must have no cameras, unless they are to go with it', () => {
    using ledger = withCamera();
    assert.throws(() => ledger.accounts.remove('bach', false), /has cameras: door\. .*--cameras/);
    assert.equal(ledger.accounts.list().length, 1);
    assert.deepEqual(ledger.accounts.remove('bach', true), [bachDoor]);
    assert.deepEqual(ledger.accounts.list(), []);
    assert.equal(ledger.keys.ownerOf(keyNumber(1)), undefined);
    assert.throws(() => ledger.accounts.remove('bach', true), UnknownNameError);
  });

  it('leaves nothing but footage to one that is added later under its name', () => {
    using ledger = withCamera();
    const { token } = ledger.tokens.add(tokenOf);
    ledger.tokens.enrol(token, keyNumber(5));
    ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
    ledger.alertSettings.setAfter(bachDoor, 30);
    ledger.sessions.begin(session(1), { account: 'bach', viewer: 'anna' }, origin);
    ledger.segments.stored(segmentAt(bachDoor, 1_000), { key: 'bach/door/1.mp4' });
    const contactId = ledger.contacts.list('bach')[0]?.id ?? 0;
    const message = (id: string, heldFor?: 'quiet') => ({
      id,
      account: 'bach',
      contactId,
      contactName: 'owner',
      eventKey: id,
      kind: 'test',
      event: {},
      text: 'hello',
      subject: 'hello',
      createdMs: 1,
      heldFor,
      deliveries: [{ kind: 'sms', channel: 'sms', address: '+6511112222' } as const],
    });
    ledger.alerts.decide({ messages: [message('a'), message('b', 'quiet')] });
    assert.equal(ledger.alerts.due(2, 9).length, 1);
    ledger.accounts.remove('bach', true);
    assert.deepEqual(ledger.alerts.due(2, 9), []);
    assert.deepEqual(ledger.alerts.held(), []);
    assert.deepEqual(keysOf(ledger, bachDoor), ['bach/door/1.mp4'], 'its footage stays');

    ledger.accounts.add('bach');
    assert.equal(ledger.sessions.find(session(1), Date.now()), undefined);
    assert.deepEqual(ledger.viewers.list('bach'), []);
    assert.deepEqual(ledger.contacts.list('bach'), []);
    assert.deepEqual(ledger.tokens.list('bach'), []);
    assert.equal(ledger.tokens.refusal(token, keyNumber(6)), 'there is no such token');
    assert.deepEqual(ledger.alerts.list({ account: 'bach', limit: 9 }), []);
    assert.equal(ledger.accounts.timeZone('bach'), undefined);
    assert.deepEqual(ledger.cameras.list('bach'), []);
    ledger.cameras.add({ ...bachDoor, key: keyNumber(1) });
    assert.deepEqual(ledger.alertSettings.of(bachDoor), {});
  });
});
