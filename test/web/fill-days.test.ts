import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it } from 'node:test';
import { fillDays } from '../../src/web/fill-days.ts';
import { localDays } from '../../src/lib/time.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { sha256Of } from '../support/segments.ts';
import { eventually } from '../support/until.ts';
import { publicKey } from '../control/fixture.ts';
import { KeptLog } from '../support/kept-log.ts';

const dayMs = 86_400_000;
const zone = 'Asia/Singapore';
const door = { account: 'bach', camera: 'front-door' };
const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

describe('days that are over', () => {
  it('are summed up before anybody asks, in the zone of the account, and not anew each time', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'cctv-days-'));
    const file = join(directory, 'ledger.sqlite');
    try {
      using ledger = openLedger(file);
      ledger.accounts.add('bach');
      ledger.accounts.setTimeZone('bach', zone);
      ledger.cameras.add({ ...door, key: parsePublicKey(publicKey(1)) });
      const nowMs = Date.now();
      const days = localDays(dateOf(nowMs - 9 * dayMs), dateOf(nowMs - 2 * dayMs), zone);
      const [first] = days;
      assert.ok(first);
      const added = new DatabaseSync(file);
      added.prepare('UPDATE cameras SET createdMs = ?').run(first.fromMs);
      added.prepare('UPDATE states SET atMs = ?').run(first.fromMs);
      added.close();
      for (const [i, { fromMs }] of days.entries()) {
        const startMs = fromMs + 3_600_000;
        const segment = { ...door, startMs, durationMs: 60_000, bytes: 1 };
        ledger.segments.stored({ ...segment, sha256: sha256Of(Buffer.from([i])) }, { key: `${i}` });
      }
      using other = new DatabaseSync(file);
      const kept = () => other.prepare('SELECT * FROM daySums ORDER BY camera, startMs').all();
      assert.deepEqual(kept(), []);
      const log = new KeptLog();
      {
        await using filling = fillDays(ledger, log);
        assert.ok(filling);
        await eventually('the sums', 20_000, () =>
          days.every(({ fromMs }) => kept().some(({ startMs }) => startMs === fromMs)),
        );
      }
      const sums = kept();
      const asked = ledger.continuity.days(door, { days, nowMs, isRecording: false });
      assert.deepEqual(
        asked.map(({ storedMs }) => storedMs),
        days.map(() => 60_000),
      );
      assert.deepEqual(kept(), sums, 'those who ask get what was summed up');
      assert.deepEqual(log.lines, []);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});
