import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import { Reconciler } from '../../src/catalog/reconcile.ts';
import type { SegmentRecord, StoredProof } from '../../src/model/segment.ts';
import { silentLog } from '../../src/lib/log.ts';
import { eventually } from '../support/until.ts';

const minuteMs = 60_000;
const firstMs = Date.UTC(2026, 10, 22, 10, 0);
const name = { account: 'bach', camera: 'front' };

const segment = (n: number): SegmentRecord => ({
  ...name,
  startMs: firstMs + n * minuteMs,
  durationMs: minuteMs,
  bytes: 1_000,
  sha256: String(n).padStart(64, '0'),
});

describe('segments that the ledger expects in the spool and that are not there', () => {
  let directory: string;
  let ledger: Ledger;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'reconcile-'));
    ledger = openLedger(join(directory, 'ledger.sqlite'));
    for (const n of [0, 1, 2]) ledger.segments.spooled(segment(n));
  });
  afterEach(() => {
    ledger[Symbol.dispose]();
    rmSync(directory, { recursive: true });
  });

  const account = () =>
    ledger.continuity.sum(name, {
      fromMs: firstMs,
      toMs: firstMs + 3 * minuteMs,
      nowMs: firstMs + 3 * minuteMs,
      isRecording: false,
    });
  const reconciler = (find: (one: SegmentRecord) => StoredProof | undefined) =>
    new Reconciler({
      ledger,
      store: { find: async (one) => find(one) },
      log: silentLog,
      retryMs: 10,
    });
  const proof = { key: 'bach/front/1.mp4', checksum: 'read-back', etag: '"1"' };

  it('are stored if the bucket has them, and lost with a cause if not', async () => {
    await using doubting = reconciler(({ startMs }) =>
      startMs === segment(2).startMs ? proof : undefined,
    );
    doubting.doubtAllBut([segment(0)]);
    await eventually('no doubt', 5_000, () => ledger.segments.inSpool().length === 1);
    const { storedMs, spooledMs, missingMs, gaps } = account();
    assert.deepEqual(
      { storedMs, spooledMs, missingMs },
      { storedMs: minuteMs, spooledMs: minuteMs, missingMs: minuteMs },
    );
    assert.deepEqual(
      gaps.map(({ cause, detail }) => ({ cause, detail })),
      [{ cause: 'segment lost', detail: 'its file was gone when the daemon started' }],
    );
  });

  it('are in doubt, and not lost, while the bucket does not answer', async () => {
    let asked = 0;
    await using doubting = reconciler(() => {
      asked += 1;
      if (asked < 3) throw new Error('unreachable');
      return proof;
    });
    doubting.doubt(segment(1), 'its file was deleted here');
    await eventually('a second question', 5_000, () => asked >= 2);
    assert.equal(account().missingMs, 0);
    await eventually('an answer', 5_000, () => account().storedMs === minuteMs);
    assert.equal(account().missingMs, 0);
  });

  it('that were dropped are missing at once, until the bucket turns out to have them', async () => {
    const answer = Promise.withResolvers<StoredProof>();
    const store = { find: () => answer.promise };
    await using doubting = new Reconciler({ ledger, store, log: silentLog });
    doubting.dropped(segment(1), 'dropped');
    assert.deepEqual(
      account().gaps.map(({ cause }) => cause),
      ['disk full'],
    );
    answer.resolve(proof);
    await eventually('an answer', 5_000, () => account().storedMs === minuteMs);
    assert.deepEqual(account().gaps, []);
  });

  it('stay in doubt over a stop', async () => {
    const doubting = reconciler(() => {
      throw new Error('unreachable');
    });
    doubting.doubt(segment(2), 'its file was deleted here');
    await doubting[Symbol.asyncDispose]();
    assert.equal(ledger.segments.inSpool().length, 3);
  });
});
