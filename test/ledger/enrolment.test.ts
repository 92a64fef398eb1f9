import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { DuplicateError, UnknownNameError } from '../../src/model/errors.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import type { SegmentRecord } from '../../src/model/segment.ts';
import type { PublicKey } from '../../src/model/public-key.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { type CameraName, formatCameraName } from '../../src/model/camera-name.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-enrolment-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
const newFile = (): string => join(directory, `${++files}`, 'ledger.sqlite');

const keyNumber = (n: number): PublicKey => ({
  algorithm: 'ssh-ed25519',
  blob: Buffer.from(`blob ${n}`),
  fingerprint: `SHA256:${n}`,
  comment: '',
});

const frontDoor = { account: 'bach', camera: 'front-door' };
const hourMs = 3_600_000;
const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, limit: 1000 };

function withAccount(file = newFile()): Ledger {
  const ledger = openLedger(file);
  ledger.accounts.add('bach');
  return ledger;
}

const addToken = (ledger: Ledger, uses = 3, lifeMs = hourMs) =>
  ledger.tokens.add({ account: 'bach', uses, expiresMs: Date.now() + lifeMs });

function enrolRefused(ledger: Ledger, token: string, n: number, why: RegExp): void {
  const refusal = ledger.tokens.enrol(token, keyNumber(n));
  assert.ok(typeof refusal === 'string');
  assert.match(refusal, why);
}

function enrolled(ledger: Ledger, token: string, n: number): CameraName {
  const camera = ledger.tokens.enrol(token, keyNumber(n));
  assert.ok(typeof camera !== 'string');
  return camera;
}

const segmentAt = (name: CameraName, startMs: number, digit = 'a'): SegmentRecord => ({
  ...name,
  startMs,
  durationMs: 60_000,
  bytes: 1000,
  sha256: digit.repeat(64),
});

const refused = (change: () => unknown, type: typeof OperatorError, message: RegExp): void =>
  assert.throws(change, (error) => error instanceof type && message.test(error.message));

describe('a token', () => {
  it('has 160 bits of chance, fits a user name, and is nowhere in the ledger’s files', () => {
    const file = newFile();
    using ledger = withAccount(file);
    const tokens = Array.from({ length: 50 }, () => addToken(ledger).token);
    assert.equal(new Set(tokens).size, 50);
    for (const token of tokens) assert.match(token, /^[a-z2-7]{32}$/);
    for (const name of [file, `${file}-wal`]) {
      const bytes = readFileSync(name).toString('latin1');
      assert.ok(tokens.every((token) => !bytes.includes(token)));
    }
    assert.doesNotMatch(JSON.stringify(ledger.tokens.list('bach')), new RegExp(tokens[0] ?? '-'));
  });

  it('lets in exactly as many keys as it has uses, each a new camera', () => {
    using ledger = withAccount();
    const { token, id } = addToken(ledger, 3);
    const names = [1, 2, 3].map((n) => enrolled(ledger, token, n));
    assert.equal(new Set(names.map(formatCameraName)).size, 3);
    for (const { camera } of names) assert.match(camera, /^new-[0-9a-f]{4}$/);
    assert.equal(ledger.tokens.refusal(token, keyNumber(4)), `the token ${id}… is used up`);
    assert.equal(ledger.tokens.enrol(token, keyNumber(4)), `the token ${id}… is used up`);
    assert.equal(ledger.cameras.list('bach').length, 3);
    assert.ok(ledger.cameras.list('bach').every(({ newSinceMs }) => newSinceMs !== undefined));
    assert.deepEqual(
      ledger.tokens.list('bach').map(({ used, uses }) => [used, uses]),
      [[3, 3]],
    );
  });

  it('is not used up by being asked about', () => {
    using ledger = withAccount();
    const { token } = addToken(ledger, 1);
    for (let n = 0; n < 5; n += 1)
      assert.equal(ledger.tokens.refusal(token, keyNumber(n)), undefined);
    enrolled(ledger, token, 9);
  });

  it('gives its cameras the settings that it was made with', () => {
    using ledger = withAccount();
    const stream = { rtspPath: '/ch0', rtspUser: 'thingino', rtspPassword: 'pw' };
    const expiresMs = Date.now() + hourMs;
    const made = ledger.tokens.add({
      account: 'bach',
      uses: 1,
      expiresMs,
      profile: 'copy',
      ...stream,
    });
    const camera = ledger.cameras.find(enrolled(ledger, made.token, 1));
    assert.equal(camera?.rtspPath, '/ch0');
    assert.equal(camera.rtspUser, 'thingino');
    assert.equal(camera.rtspPassword, 'pw');
    assert.equal(camera.profile, 'copy');
  });

  it('ends with its time, or when it is revoked; a wrong one is none', async () => {
    using ledger = withAccount();
    const short = addToken(ledger, 5, 20);
    await delay(30);
    enrolRefused(ledger, short.token, 1, /has expired/);
    const { token, id } = addToken(ledger, 5);
    enrolled(ledger, token, 2);
    ledger.tokens.revoke('bach', id);
    enrolRefused(ledger, token, 1, /was revoked/);
    assert.equal(ledger.cameras.list('bach').length, 1, 'what it let in stays');
    enrolRefused(ledger, `${token.slice(1)}a`, 1, /no such token/);
    refused(() => ledger.tokens.revoke('bach', 'zzzzzz'), UnknownNameError, /no token that begins/);
    refused(() => ledger.tokens.list('nobody'), UnknownNameError, /no account nobody/);
  });

  it('does not let a key in again that was rejected, removed or replaced; another token does', () => {
    using ledger = withAccount();
    const { token } = addToken(ledger, 10);
    const [one, two, three] = [1, 2, 3].map((n) => enrolled(ledger, token, n));
    assert.ok(one && two && three);
    ledger.cameras.reject(one);
    ledger.cameras.remove(two);
    ledger.keys.replace(three, keyNumber(30));
    for (const n of [1, 2, 3]) {
      enrolRefused(ledger, token, n, /has let this key in before/);
    }
    assert.equal(ledger.tokens.list('bach')[0]?.used, 3);
    const again = enrolled(ledger, addToken(ledger).token, 1);
    assert.notEqual(again.camera, one.camera, 'the footage of the rejected one is not its own');
  });

  it('names cameras apart whose keys begin alike', () => {
    using ledger = withAccount();
    const { token } = addToken(ledger, 400);
    const names = Array.from({ length: 400 }, (_, n) => enrolled(ledger, token, n).camera);
    assert.equal(new Set(names).size, 400);
    assert.ok(
      names.some((name) => name.length > 'new-0000'.length),
      'some did',
    );
  });
});

describe('a camera that enrolled itself', () => {
  it('is adopted once, under its own name or another', () => {
    using ledger = withAccount();
    const { token } = addToken(ledger);
    const first = enrolled(ledger, token, 1);
    assert.deepEqual(ledger.cameras.adopt(first, 'front-door'), frontDoor);
    assert.equal(ledger.cameras.find(frontDoor)?.newSinceMs, undefined);
    assert.equal(ledger.cameras.find(first), undefined);
    assert.equal(ledger.keys.ownerOf(keyNumber(1))?.camera, 'front-door');
    assert.deepEqual(ledger.keys.ownerOf(keyNumber(1))?.formerNames, [first.camera]);
    refused(() => ledger.cameras.adopt(frontDoor), OperatorError, /front-door is not new/);
    refused(() => ledger.cameras.reject(frontDoor), OperatorError, /not new.*camera remove/);
    const second = enrolled(ledger, token, 2);
    refused(() => ledger.cameras.adopt(second, 'front-door'), DuplicateError, /already/);
    assert.notEqual(ledger.cameras.find(second)?.newSinceMs, undefined, 'it is as it was');
    assert.deepEqual(ledger.cameras.adopt(second), second);
  });
});

describe('a camera that is renamed', () => {
  it('keeps its footage, in the bucket and in the spool, and what was still on its way', () => {
    using ledger = withAccount();
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    ledger.segments.stored(segmentAt(frontDoor, 1000), { key: 'bach/front-door/1.mp4' });
    ledger.segments.spooled(segmentAt(frontDoor, 61_000, 'b'));
    const side = ledger.cameras.rename(frontDoor, 'side-door');
    ledger.segments.stored(segmentAt(frontDoor, 61_000, 'b'), { key: 'bach/front-door/2.mp4' });
    ledger.segments.spooled(segmentAt(frontDoor, Date.now() - 10, 'c'));
    ledger.segments.spooled(segmentAt(side, Date.now(), 'd'));
    assert.deepEqual(
      ledger.segments
        .list(side, all)
        .map(({ camera, state, objectKey }) => [camera, state, objectKey]),
      [
        ['side-door', 'stored', 'bach/front-door/1.mp4'],
        ['side-door', 'stored', 'bach/front-door/2.mp4'],
        ['side-door', 'spooled', undefined],
        ['side-door', 'spooled', undefined],
      ],
    );
    assert.equal(ledger.segments.list(frontDoor, all).length, 4, 'by its old name too');
    assert.equal(ledger.cameras.find(side)?.totals.stored.segments, 2);
    assert.equal(ledger.cameras.list('bach').length, 1);
  });

  it('leaves its name to others, and its footage is still not theirs', async () => {
    using ledger = withAccount();
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    const beforeMs = Date.now() - 1000;
    ledger.segments.spooled(segmentAt(frontDoor, beforeMs));
    const side = ledger.cameras.rename(frontDoor, 'side-door');
    await delay(5);
    ledger.cameras.add({ ...frontDoor, key: keyNumber(2) });
    ledger.segments.stored(segmentAt(frontDoor, beforeMs), { key: 'old' });
    ledger.segments.stored(segmentAt(frontDoor, Date.now(), 'b'), { key: 'new' });
    const keysOf = (name: CameraName) =>
      ledger.segments.list(name, all).map(({ objectKey }) => objectKey);
    assert.deepEqual(keysOf(side), ['old']);
    assert.deepEqual(keysOf(frontDoor), ['new']);
  });

  it('may change its name with another, and get an old one back', async () => {
    using ledger = withAccount();
    const garden = { account: 'bach', camera: 'garden' };
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    ledger.cameras.add({ ...garden, key: keyNumber(2) });
    ledger.cameras.rename(frontDoor, 'between');
    ledger.cameras.rename(garden, 'front-door');
    ledger.cameras.rename({ account: 'bach', camera: 'between' }, 'garden');
    assert.equal(ledger.keys.ownerOf(keyNumber(1))?.camera, 'garden');
    assert.equal(ledger.keys.ownerOf(keyNumber(2))?.camera, 'front-door');
    await delay(5);
    ledger.cameras.rename(garden, 'between');
    assert.deepEqual(ledger.keys.ownerOf(keyNumber(1))?.formerNames?.toSorted(), [
      'front-door',
      'garden',
    ]);
  });

  it('is refused a name that is taken, kept for footage, or no name', () => {
    using ledger = withAccount();
    const garden = { account: 'bach', camera: 'garden' };
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    ledger.cameras.add({ ...garden, key: keyNumber(2) });
    refused(() => ledger.cameras.rename(frontDoor, 'garden'), DuplicateError, /garden already/);
    refused(() => ledger.cameras.rename(frontDoor, 'front-door'), DuplicateError, /already/);
    ledger.cameras.remove(garden);
    refused(
      () => ledger.cameras.rename(frontDoor, 'garden'),
      DuplicateError,
      /was removed.*cctv camera add bach\/garden --key/,
    );
    refused(() => ledger.cameras.rename(frontDoor, 'Garden!'), OperatorError, /can't be the name/);
    refused(() => ledger.cameras.rename(garden, 'x'), UnknownNameError, /no camera bach\/garden/);
  });
});

describe('a camera’s keys', () => {
  const fingerprints = (ledger: Ledger) =>
    ledger.cameras.find(frontDoor)?.keys.map(({ fingerprint }) => fingerprint);

  it('rotate: both are valid until the new one is used, then only that', () => {
    using ledger = withAccount();
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    assert.equal(ledger.keys.used(frontDoor, 'SHA256:1')?.isFirst, true);
    ledger.keys.rotate(frontDoor, keyNumber(2));
    assert.deepEqual(fingerprints(ledger), ['SHA256:1', 'SHA256:2']);
    assert.deepEqual(ledger.keys.used(frontDoor, 'SHA256:1'), { isFirst: false, droppedKeys: [] });
    ledger.keys.rotate(frontDoor, keyNumber(3));
    assert.deepEqual(fingerprints(ledger), ['SHA256:1', 'SHA256:3'], 'one next key at a time');
    assert.deepEqual(ledger.keys.used(frontDoor, 'SHA256:3'), {
      isFirst: false,
      droppedKeys: ['SHA256:1'],
    });
    assert.deepEqual(fingerprints(ledger), ['SHA256:3']);
    assert.equal(ledger.keys.used(frontDoor, 'SHA256:1'), undefined);
    assert.equal(ledger.keys.ownerOf(keyNumber(1)), undefined);
    assert.deepEqual(ledger.keys.used(frontDoor, 'SHA256:3')?.droppedKeys, []);
  });

  it('are replaced at once, and the new hardware is awaited', () => {
    using ledger = withAccount();
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    ledger.cameras.add({ account: 'bach', camera: 'garden', key: keyNumber(7) });
    ledger.keys.used(frontDoor, 'SHA256:1');
    ledger.keys.rotate(frontDoor, keyNumber(2));
    refused(() => ledger.keys.replace(frontDoor, keyNumber(7)), DuplicateError, /of bach\/garden/);
    refused(
      () => ledger.keys.rotate(frontDoor, keyNumber(1)),
      DuplicateError,
      /of bach\/front-door/,
    );
    assert.deepEqual(fingerprints(ledger), ['SHA256:1', 'SHA256:2'], 'a refusal changes nothing');
    ledger.keys.replace(frontDoor, keyNumber(3));
    assert.deepEqual(fingerprints(ledger), ['SHA256:3']);
    assert.equal(ledger.cameras.find(frontDoor)?.firstContactMs, undefined);
  });

  it('are of no use while it is disabled', () => {
    using ledger = withAccount();
    ledger.cameras.add({ ...frontDoor, key: keyNumber(1) });
    ledger.cameras.setDisabled(frontDoor, true);
    assert.equal(ledger.keys.ownerOf(keyNumber(1))?.disabled, true);
    assert.equal(ledger.keys.used(frontDoor, 'SHA256:1'), undefined);
    ledger.cameras.setDisabled(frontDoor, false);
    assert.equal(ledger.keys.ownerOf(keyNumber(1))?.disabled, false);
    assert.ok(ledger.keys.used(frontDoor, 'SHA256:1'));
  });
});
