import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DuplicateError, UnknownNameError } from '../../src/ledger/errors.ts';
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
  ledger.addAccount('bach');
  ledger.addCamera({ ...bachDoor, key: keyNumber(1) });
  ledger.addViewer({ account: 'bach', name: 'anna', credentials });
  ledger.addContact({
    account: 'bach',
    name: 'owner',
    addresses: [{ kind: 'sms', address: '+6511112222' }],
  });
  return ledger;
}

const keysOf = (ledger: Ledger, name: CameraName) =>
  ledger.segments(name, all).map(({ objectKey }) => objectKey);

const session = (n: number): Buffer => createHash('sha256').update(`session ${n}`).digest();

describe('an account that is renamed', () => {
  it('keeps cameras, viewers with their passwords and sessions, contacts, tokens, and its time zone', () => {
    using ledger = withCamera();
    const { token } = ledger.addToken(tokenOf);
    ledger.setTimeZone('bach', 'Asia/Singapore');
    assert.ok(ledger.beginSession(session(1), { account: 'bach', viewer: 'anna' }));
    ledger.renameAccount('bach', 'verdi');
    assert.deepEqual(
      ledger.accounts().map(({ name, cameras, formerNames }) => [name, cameras, formerNames]),
      [['verdi', 1, ['bach']]],
    );
    assert.deepEqual(ledger.findViewer('verdi', 'anna')?.credentials, credentials);
    assert.equal(ledger.findViewer('bach', 'anna'), undefined);
    const owner = ledger.session(session(1), Date.now());
    assert.equal(owner?.role === 'viewer' && owner.account, 'verdi');
    assert.equal(ledger.contacts('verdi')[0]?.addresses[0]?.address, '+6511112222');
    assert.equal(ledger.timeZone('verdi'), 'Asia/Singapore');
    const added = ledger.enrol(token, keyNumber(9));
    assert.ok(typeof added !== 'string');
    assert.equal(added.account, 'verdi');
    assert.deepEqual(ledger.findCamera(keyNumber(1)), {
      ...verdiDoor,
      disabled: false,
      formerNames: [],
      formerAccounts: ['bach'],
    });
  });

  it('keeps its footage: stored, in the spool, and what was still on its way', () => {
    using ledger = withCamera();
    ledger.stored(segmentAt(bachDoor, 1_000), { key: 'bach/door/1.mp4' });
    const waiting = segmentAt(bachDoor, 2_000);
    ledger.spooled(waiting);
    ledger.noteLoss({ ...bachDoor, startMs: 3_000, durationMs: 500 }, 'stream stalled', '');
    ledger.renameAccount('bach', 'verdi');
    assert.deepEqual(
      ledger.spooledSegments().map(({ account, camera }) => `${account}/${camera}`),
      ['bach/door'],
      'what lies in the spool is not renamed',
    );
    ledger.stored(waiting, { key: 'bach/door/2.mp4' });
    // The last file of a recording that ended because of the renaming.
    ledger.stored(segmentAt(bachDoor, Date.now() + 50), { key: 'bach/door/3.mp4' });
    ledger.stored(segmentAt(verdiDoor, Date.now() + 60), { key: 'verdi/door/4.mp4' });
    const keys = ['bach/door/1.mp4', 'bach/door/2.mp4', 'bach/door/3.mp4', 'verdi/door/4.mp4'];
    assert.deepEqual(keysOf(ledger, verdiDoor), keys);
    assert.deepEqual(keysOf(ledger, bachDoor), keys, 'by its old name too');
  });

  it('leaves its name to another, whose footage and viewers are its own', async () => {
    using ledger = withCamera();
    const oldMs = Date.now() - 1_000;
    ledger.renameAccount('bach', 'verdi');
    await delay(5);
    ledger.addAccount('bach');
    ledger.addCamera({ ...bachDoor, key: keyNumber(2) });
    ledger.stored(segmentAt(bachDoor, oldMs), { key: 'of verdi' });
    ledger.stored(segmentAt(bachDoor, Date.now()), { key: 'of the new bach' });
    assert.deepEqual(keysOf(ledger, verdiDoor), ['of verdi']);
    assert.deepEqual(keysOf(ledger, bachDoor), ['of the new bach']);
    assert.equal(ledger.findViewer('bach', 'anna'), undefined);
    assert.deepEqual(ledger.contacts('bach'), []);
    assert.deepEqual(ledger.findCamera(keyNumber(2))?.formerAccounts, []);
  });

  it('may be renamed again and back, together with its cameras', async () => {
    using ledger = withCamera();
    ledger.stored(segmentAt(bachDoor, Date.now()), { key: '1' });
    await delay(5);
    ledger.renameAccount('bach', 'verdi');
    ledger.stored(segmentAt(verdiDoor, Date.now()), { key: '2' });
    await delay(5);
    const gate = ledger.renameCamera(verdiDoor, 'gate');
    ledger.stored(segmentAt(gate, Date.now()), { key: '3' });
    await delay(5);
    ledger.renameAccount('verdi', 'bach');
    const bachGate = { account: 'bach', camera: 'gate' };
    ledger.stored(segmentAt(bachGate, Date.now()), { key: '4' });
    assert.deepEqual(keysOf(ledger, bachGate), ['1', '2', '3', '4']);
    assert.deepEqual(
      ledger.footageNames('bach').map(({ account, camera }) => `${account}/${camera}`),
      ['bach/door', 'bach/gate', 'verdi/door', 'verdi/gate'],
    );
    assert.deepEqual(ledger.accounts()[0]?.formerNames, ['verdi']);
  });

  it('is refused a name that is taken, kept for footage, or no name', () => {
    using ledger = withCamera();
    ledger.addAccount('verdi');
    const refused = (task: () => void, kind: new () => Error, words: RegExp) =>
      assert.throws(task, (error: Error) => error instanceof kind && words.test(error.message));
    refused(() => ledger.renameAccount('bach', 'verdi'), DuplicateError, /verdi already/);
    refused(() => ledger.renameAccount('bach', 'bach'), DuplicateError, /already/);
    ledger.removeAccount('verdi', false);
    refused(() => ledger.renameAccount('bach', 'verdi'), DuplicateError, /was removed/);
    refused(() => ledger.renameAccount('bach', 'Verdi!'), OperatorError, /can't be the name/);
    ledger.renameAccount('bach', 'puccini');
    refused(
      () => ledger.renameAccount('bach', 'x'),
      UnknownNameError,
      /no account bach any more: it is called puccini now/,
    );
    refused(() => ledger.contacts('bach'), UnknownNameError, /it is called puccini now/);
  });
});

describe('an account that is removed', () => {
  it('must have no cameras, unless they are to go with it', () => {
    using ledger = withCamera();
    assert.throws(() => ledger.removeAccount('bach', false), /has cameras: door\. .*--cameras/);
    assert.equal(ledger.accounts().length, 1);
    assert.deepEqual(ledger.removeAccount('bach', true), [bachDoor]);
    assert.deepEqual(ledger.accounts(), []);
    assert.equal(ledger.findCamera(keyNumber(1)), undefined);
    assert.throws(() => ledger.removeAccount('bach', true), UnknownNameError);
  });

  it('leaves nothing but footage to one that is added later under its name', () => {
    using ledger = withCamera();
    const { token } = ledger.addToken(tokenOf);
    ledger.enrol(token, keyNumber(5));
    ledger.setTimeZone('bach', 'Asia/Singapore');
    ledger.setAlertAfter(bachDoor, 30);
    ledger.beginSession(session(1), { account: 'bach', viewer: 'anna' });
    ledger.stored(segmentAt(bachDoor, 1_000), { key: 'bach/door/1.mp4' });
    const contactId = ledger.contacts('bach')[0]?.id ?? 0;
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
    ledger.decide({ messages: [message('a'), message('b', 'quiet')] });
    assert.equal(ledger.dueDeliveries(2, 9).length, 1);
    ledger.removeAccount('bach', true);
    assert.deepEqual(ledger.dueDeliveries(2, 9), []);
    assert.deepEqual(ledger.heldMessages(), []);
    assert.deepEqual(keysOf(ledger, bachDoor), ['bach/door/1.mp4'], 'its footage stays');

    ledger.addAccount('bach');
    assert.equal(ledger.session(session(1), Date.now()), undefined);
    assert.deepEqual(ledger.viewers('bach'), []);
    assert.deepEqual(ledger.contacts('bach'), []);
    assert.deepEqual(ledger.tokens('bach'), []);
    assert.equal(ledger.enrolRefusal(token, keyNumber(6)), 'there is no such token');
    assert.deepEqual(ledger.alertMessages({ account: 'bach', limit: 9 }), []);
    assert.equal(ledger.timeZone('bach'), undefined);
    assert.deepEqual(ledger.cameras('bach'), []);
    ledger.addCamera({ ...bachDoor, key: keyNumber(1) });
    assert.deepEqual(ledger.alertSettings(bachDoor), {});
  });
});
