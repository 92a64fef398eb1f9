import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Alerter, type AlerterOptions, type CameraPresence } from '../../src/alert/alerter.ts';
import type { ChannelTrouble } from '../../src/contract/alerts.ts';
import type { DiskStatus } from '../../src/contract/status.ts';
import {
  type Condition,
  clockCondition,
  diskConditions,
  ledgerCondition,
  overloadCondition,
  storingCondition,
} from '../../src/alert/troubles.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { silentLog } from '../../src/lib/log.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { publicKey } from '../control/fixture.ts';
import { SimulatedClock } from './simulated-clock.ts';

const sms = [{ kind: 'sms', address: '+6591234567' }] as const;

/** An alerter over a real ledger, cameras that do as they are told, and a clock that can be moved. */
class Rig implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-alerter-'));
  readonly ledger: Ledger = openLedger(join(this.directory, 'ledger.sqlite'));
  readonly clock = new SimulatedClock();
  readonly records = new Map<string, boolean>();
  readonly last = new Map<string, number>();
  readonly slowLines = new Map<string, string>();
  conditions: () => Condition[] = () => [];
  failing: ChannelTrouble[] = [];
  #alerter: Alerter | undefined;
  #cameras = 0;

  constructor() {
    this.ledger.accounts.add('bach');
  }

  get alerter(): Alerter {
    return this.#alerter ?? assert.fail('not started');
  }

  add(camera: string): void {
    this.#cameras += 1;
    const key = parsePublicKey(publicKey(this.#cameras));
    this.ledger.cameras.add({ account: 'bach', camera, key });
    this.ledger.keys.used({ account: 'bach', camera }, key.fingerprint);
    this.records.set(camera, true);
  }

  start(more: Partial<AlerterOptions> = {}): void {
    this.#alerter = new Alerter({
      ledger: this.ledger,
      clock: this.clock,
      log: silentLog,
      defaultAfterMs: 60_000,
      outbox: { wake: () => {}, failing: () => this.failing },
      channels: [{ name: 'kannel', kind: 'sms' }],
      present: ({ camera }): CameraPresence => {
        const at = this.last.get(camera);
        const state = this.records.get(camera) ? 'recording' : 'camera offline';
        return { state, lastFootageAtMs: at, slowLine: this.slowLines.get(camera) };
      },
      conditions: () => this.conditions(),
      operator: { contacts: [{ name: 'night watch', addresses: sms }], timeZone: 'UTC' },
      maxPerContactAndHour: 10,
      ...more,
    });
  }

  async stop(): Promise<void> {
    await this.#alerter?.[Symbol.asyncDispose]();
    this.#alerter = undefined;
  }

  pass(seconds: number): Promise<void> {
    return this.clock.pass(seconds, () => {
      for (const [camera, records] of this.records) {
        if (records) this.last.set(camera, this.clock.wallNow() - 200);
      }
    });
  }

  /** What was told, the oldest first. */
  get texts(): string[] {
    return this.ledger.alerts
      .list({ limit: 1_000 })
      .filter(({ heldFor, mergedInto }) => heldFor === undefined && mergedInto === undefined)
      .toReversed()
      .map(({ text }) => text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    this.ledger[Symbol.dispose]();
    rmSync(this.directory, { recursive: true });
  }
}

describe('the alerter', () => {
  it('decides again what it could not write down, and is not healthy until it can', async () => {
    await using rig = new Rig();
    rig.add('front-door');
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    let isFull = true;
    const decide: Ledger['alerts']['decide'] = (decision) => {
      if (isFull) throw new Error('the disk is full');
      rig.ledger.alerts.decide(decision);
    };
    rig.start({ ledger: { ...rig.ledger, alerts: { ...rig.ledger.alerts, decide } } });
    await rig.pass(60);
    assert.ok(rig.alerter.isWatching);
    rig.records.set('front-door', false);
    await rig.pass(300);
    assert.ok(!rig.alerter.isWatching);
    assert.equal(rig.texts.length, 0);
    isFull = false;
    await rig.pass(5);
    assert.deepEqual(rig.texts, ['front-door has not recorded since 02:00: camera offline']);
    assert.ok(rig.alerter.isWatching);
  });

  it('tells each contact of an account, in its time zone, and over restarts once', async () => {
    await using rig = new Rig();
    rig.add('front-door');
    rig.ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    rig.ledger.contacts.add({ account: 'bach', name: 'carl', addresses: sms });
    rig.start();
    await rig.pass(42 * 60);
    rig.records.set('front-door', false);
    await rig.pass(68);
    const text = 'front-door has not recorded since 10:41: camera offline';
    assert.deepEqual(rig.texts, [text, text]);
    await rig.stop();
    rig.start();
    await rig.pass(600);
    assert.equal(rig.texts.length, 2);
    rig.records.set('front-door', true);
    await rig.pass(180);
    assert.deepEqual(rig.texts.slice(2), [
      'front-door records again since 10:53, missed 11 min',
      'front-door records again since 10:53, missed 11 min',
    ]);
  });

  it('tells in quiet hours nothing, and at their end everything at once', async () => {
    await using rig = new Rig();
    rig.add('front-door');
    rig.add('yard');
    rig.ledger.accounts.setTimeZone('bach', 'Asia/Singapore');
    const quiet = { from: '22:00', to: '07:00' };
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms, quiet });
    rig.start();
    await rig.pass(300);
    // To 06:00 in Singapore, while the daemon is down.
    await rig.stop();
    rig.clock.wallOffsetMs += 20 * 3_600_000 - 300_000;
    rig.start();
    await rig.pass(60);
    rig.slowLines.set('yard', 'the line carries 250 kb/s of 320 kb/s');
    rig.records.set('yard', false);
    await rig.pass(600);
    rig.records.set('yard', true);
    await rig.pass(600);
    rig.records.set('front-door', false);
    await rig.pass(600);
    assert.equal(rig.texts.length, 0);
    await rig.pass(1_800);
    assert.deepEqual(rig.texts, [
      'front-door has not recorded since 06:20: camera offline; yard records again since 06:11, missed 10 min; The line of yard is too slow since 06:01, pictures may be missing: the line carries 250 kb/s of 320 kb/s',
    ]);
    const all = rig.ledger.alerts.list({ account: 'bach', limit: 10 });
    const [digest, ...held] = all;
    assert.ok(held.length === 4 && held.every(({ mergedInto }) => mergedInto === digest?.id));
  });

  it('keeps to so many messages an hour and contact, and tells the rest in one', async () => {
    await using rig = new Rig();
    for (let n = 0; n < 8; n += 1) rig.add(`camera-${n}`);
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    rig.start({ maxPerContactAndHour: 3 });
    await rig.pass(60);
    for (let n = 0; n < 8; n += 1) {
      rig.records.set(`camera-${n}`, false);
      await rig.pass(120);
    }
    assert.equal(rig.texts.length, 3);
    await rig.pass(3_000);
    assert.equal(rig.texts.length, 4);
    assert.match(
      rig.texts[3] ?? '',
      /^5 cameras of bach have not recorded since 02:06: camera off/,
    );
  });

  it('tells nothing of a silenced camera, nor of one that is disabled or removed', async () => {
    await using rig = new Rig();
    for (const camera of ['a', 'b', 'c']) rig.add(camera);
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    rig.start();
    await rig.pass(60);
    rig.ledger.alertSettings.silence(
      { account: 'bach', camera: 'a' },
      rig.clock.wallNow() + 600_000,
    );
    rig.ledger.cameras.setDisabled({ account: 'bach', camera: 'b' }, true);
    rig.ledger.cameras.remove({ account: 'bach', camera: 'c' });
    for (const camera of ['a', 'b', 'c']) rig.records.set(camera, false);
    await rig.pass(580);
    assert.equal(rig.texts.length, 0);
    await rig.pass(60);
    assert.deepEqual(rig.texts, ['a has not recorded since 02:00: camera offline']);
  });

  it('goes by the time that is set for a camera', async () => {
    await using rig = new Rig();
    rig.add('front-door');
    rig.ledger.alertSettings.setAfter({ account: 'bach', camera: 'front-door' }, 300);
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    rig.start();
    await rig.pass(60);
    rig.records.set('front-door', false);
    await rig.pass(295);
    assert.equal(rig.texts.length, 0);
    await rig.pass(15);
    assert.equal(rig.texts.length, 1);
  });

  it('tells the operator of an overload that lasts, and of a clock that is wrong', async () => {
    await using rig = new Rig();
    let overload: string | undefined;
    let clock: string | undefined;
    rig.conditions = () => [overloadCondition(overload), clockCondition(clock)];
    rig.start();
    overload = 'the server can not keep up';
    await rig.pass(50);
    assert.equal(rig.texts.length, 0);
    clock = 'the clock is a day ahead';
    await rig.pass(20);
    assert.deepEqual(rig.texts.map((text) => text.replace(/ \(.*/, '')).toSorted(), [
      'the clock is a day ahead',
      'the server can not keep up',
    ]);
  });

  it('tells the operator, and nobody else, of bucket, disk and channels', async () => {
    await using rig = new Rig();
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses: sms });
    let failing: { sinceMs: number; cause: string } | undefined;
    let disk: Pick<DiskStatus, 'state' | 'detail'> = { state: 'ok' };
    let ledger: string | undefined;
    rig.conditions = () => [
      storingCondition(failing === undefined ? {} : { failing }, rig.clock.wallNow()),
      ...diskConditions(disk),
      ledgerCondition(ledger),
    ];
    rig.start();
    await rig.pass(60);
    failing = { sinceMs: rig.clock.wallNow(), cause: 'access denied' };
    await rig.pass(880);
    assert.equal(rig.texts.length, 0);
    await rig.pass(30);
    const stuck = 'footage does not reach the bucket: access denied';
    assert.deepEqual(rig.texts, [`${stuck} (since 02:01)`]);
    await rig.stop();
    rig.start();
    await rig.pass(1_200);
    failing = undefined;
    await rig.pass(70);
    assert.deepEqual(rig.texts.slice(1), [`Over after 35 min: ${stuck}`]);

    disk = { state: 'nearly full', detail: '82 % of its budget' };
    await rig.pass(40);
    disk = { state: 'full', detail: 'its budget is used up' };
    await rig.pass(5);
    assert.deepEqual(
      rig.texts.slice(2).map((text) => text.replace(/ \(.*/, '')),
      [
        'the disk of the spool is nearly full: 82 % of its budget',
        'the disk of the spool is full: its budget is used up',
      ],
    );
    disk = { state: 'unusable', detail: 'it was unmounted' };
    ledger = 'the ledger was deleted';
    await rig.pass(20);
    assert.deepEqual(
      rig.texts.slice(4).map((text) => text.replace(/ \(.*/, '')),
      [
        "nothing can be recorded: the disk of the spool can't be used: it was unmounted",
        'the ledger was deleted',
      ],
    );
    rig.failing = [{ channel: 'kannel', sinceMs: rig.clock.wallNow(), cause: 'nothing answers' }];
    await rig.pass(310);
    assert.match(rig.texts.at(-1) ?? '', /^alerts by kannel fail: nothing answers/);
    const messages = rig.ledger.alerts.list({ limit: 100 });
    assert.ok(messages.every(({ contactName }) => contactName === 'night watch'));
  });

  it('tests each way of each contact, in quiet hours too', async () => {
    await using rig = new Rig();
    const addresses = [...sms, { kind: 'sms', address: '+6598765432' }] as const;
    const quiet = { from: '00:00', to: '23:59' };
    rig.start();
    assert.throws(() => rig.alerter.test('bach'), /no contacts/);
    rig.ledger.contacts.add({ account: 'bach', name: 'anna', addresses, quiet });
    assert.equal(rig.alerter.test('bach').length, 2);
    assert.deepEqual(
      rig.ledger.alerts
        .due(rig.clock.wallNow(), 10)
        .map(({ address }) => address)
        .sort(),
      ['+6591234567', '+6598765432'],
    );
    await rig.stop();
    rig.start({ channels: [] });
    assert.throws(() => rig.alerter.test('bach'), /None of the ways/);
  });
});
