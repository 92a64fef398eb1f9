import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { GapCause } from '../../src/model/gap-cause.ts';
import { assertExplained, assertNothingTwice } from '../support/footage.ts';
import { isAlive } from '../support/processes.ts';
import { Site, type SiteCamera, type StoredSegment } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const segmentMs = 5_000;
/** Two readers of one stream see a picture at slightly different times. */
const overlapMs = 150;

describe('kill -9 in the middle of a segment', () => {
  let site: Site;
  let camera: SiteCamera;
  let dialling: Promise<void>;
  const unplug = new AbortController();

  before(async () => {
    site = await Site.start({ segmentSeconds: segmentMs / 1_000 });
    camera = await site.addCamera('bach/front-door', { audio: 'aac', keyFrameSeconds: 1 });
    dialling = camera.keepDialling(unplug.signal);
    await camera.recording();
    await delay(segmentMs);
  });
  after(async () => {
    unplug.abort();
    await dialling;
    await site[Symbol.asyncDispose]();
  });

  async function middleOfSegment(): Promise<void> {
    await delay(segmentMs - (Date.now() % segmentMs) + segmentMs / 2);
  }

  /** The segments from the one before `killedAtMs` to the second whole one that began after it. */
  async function storedAround(killedAtMs: number): Promise<StoredSegment[]> {
    return await eventually('recording that goes on', 45_000, async () => {
      const stored = await site.stored('bach/front-door');
      const later = stored.filter(({ startMs }) => startMs > killedAtMs);
      if (later.length < 3) return undefined;
      return stored.filter(({ startMs }) => startMs > killedAtMs - 2 * segmentMs);
    });
  }

  /** All that is missing is explained by these causes; how long it takes to go on is for a benchmark. */
  async function assertWhole(
    segments: readonly StoredSegment[],
    causes: readonly GapCause[],
  ): Promise<void> {
    assertNothingTwice(segments, overlapMs);
    for (const segment of segments) await site.probe(segment);
    assertExplained(segments, await site.gaps('bach/front-door'), causes);
  }

  for (const [part, words, causes] of [
    ['relay', /relay was killed by SIGKILL|archiver/, ['relay died', 'archiver died', 'starting']],
    ['archiver', /archiver was killed by SIGKILL/, ['archiver died', 'starting']],
  ] as const) {
    it(`of the ${part}: recording goes on by itself, and why is logged`, async () => {
      const status = await camera.recording();
      await middleOfSegment();
      const from = site.log.length;
      const killedAtMs = Date.now();
      const pid = status[part]?.pid;
      assert.ok(pid);
      process.kill(pid, 'SIGKILL');
      await assertWhole(await storedAround(killedAtMs), causes);
      const told = site.log.slice(from).find((line) => line.level === 'warn');
      assert.match(String(told?.['cause']), words);
      assert.equal(told?.camera, 'bach/front-door');
    });
  }

  it('of dbclient: the segment is finished, and the next dial-in goes on', async () => {
    await camera.recording();
    await middleOfSegment();
    const killedAtMs = Date.now();
    camera.killClients();
    await assertWhole(await storedAround(killedAtMs), ['camera offline', 'starting']);
  });

  it('of the daemon: its programs go with it, and the next one salvages what they left', async () => {
    await camera.recording();
    await middleOfSegment();
    const orphans = site.children();
    assert.ok(orphans.length >= 2);
    const killedAtMs = Date.now();
    await site.stopDaemon('SIGKILL');
    await eventually('the end of its programs', 2_000, () =>
      orphans.every(({ pid }) => !isAlive(pid)),
    );
    const beganAgainAtMs = Date.now();
    await site.startDaemon();
    const segments = await storedAround(killedAtMs);
    const next = segments.find(({ startMs }) => startMs >= beganAgainAtMs);
    const last = segments.filter(({ startMs }) => startMs < killedAtMs).at(-1);
    assert.ok(next && last);
    const lostMs = killedAtMs - (last.startMs + last.durationMs);
    assert.ok(lostMs <= 2_000, `${lostMs} ms before the kill are missing`);
    await assertWhole(segments, ['daemon down', 'camera offline', 'starting']);
  });

  it('of all at once, several times: every file in the bucket is readable, and nothing is there twice', async () => {
    for (let i = 0; i < 3; i++) {
      await camera.recording(20_000);
      await delay(500 + i * 900);
      for (const { pid } of site.children()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It was a child of one that is gone.
        }
      }
      await site.stopDaemon('SIGKILL');
      await site.startDaemon();
    }
    const settledAtMs = Date.now();
    await storedAround(settledAtMs);
    const segments = await site.stored();
    assertNothingTwice(segments, overlapMs);
    for (const segment of segments) await site.probe(segment);
  });
});
