import type { ContinuityAnswer } from '../../src/contract/continuity.ts';
import type { GapCause } from '../../src/model/gap-cause.ts';
import type { Site, SiteCamera, StoredSegment } from '../support/site.ts';

/** Cameras that come and go are no other reason for missing footage. */
const expected: readonly GapCause[] = [
  ...(['never connected', 'camera offline', 'starting', 'camera sent nothing'] as const),
  'stream stalled',
];

/** Segments have whole milliseconds, and the bucket's names tell no more. */
const toleranceMs = 5;

/** Between segments the ledger takes as much for nothing missing, where it knows of no cause. */
const seamMs = 1_000;

export interface FootageAccount {
  readonly wholeMs: number;
  readonly storedMs: number;
  readonly missing: ReadonlyMap<GapCause, { readonly ms: number; readonly gaps: number }>;
  readonly segments: number;
  readonly bytes: number;
  readonly troubles: readonly string[];
}

/** What became of each second of all cameras, by the ledger and by the bucket. All must be uploaded. */
export async function accountFor(
  site: Site,
  cameras: readonly SiteCamera[],
  fromMs: number,
): Promise<FootageAccount> {
  const toMs = Date.now();
  const bucket = await site.stored();
  const missing = new Map<GapCause, { ms: number; gaps: number }>();
  const troubles: string[] = [];
  const whole = { wholeMs: 0, storedMs: 0 };
  for (const { name } of cameras) {
    const range = ['--from', new Date(fromMs).toISOString(), '--to', new Date(toMs).toISOString()];
    const told = JSON.parse(
      await site.cctv('continuity', name, ...range, '--json'),
    ) as ContinuityAnswer;
    whole.wholeMs += told.toMs - told.fromMs;
    whole.storedMs += told.storedMs;
    for (const { cause, startMs, endMs, detail } of told.gaps) {
      const sum = missing.get(cause) ?? { ms: 0, gaps: 0 };
      missing.set(cause, { ms: sum.ms + endMs - startMs, gaps: sum.gaps + 1 });
      if (expected.includes(cause)) continue;
      const at = new Date(startMs).toISOString();
      troubles.push(`${name} misses ${endMs - startMs} ms at ${at}: ${cause} (${detail})`);
    }
    if (told.spooledMs > 0) troubles.push(`${name} has ${told.spooledMs} ms that are not stored`);
    const rest = told.toMs - told.fromMs - told.storedMs - told.spooledMs - told.missingMs;
    if (rest !== 0) troubles.push(`of ${name} ${rest} ms are neither stored, spooled nor missing`);
    const mine = bucket.filter((one) => `${one.account}/${one.camera}` === name);
    const stalls = told.gaps.filter(({ cause }) => cause === 'stream stalled');
    const [leastMs, mostMs] = [coveredMs(mine) - insideMs(mine, stalls), coveredMs(mine, seamMs)];
    const slackMs = toleranceMs * mine.length;
    if (told.storedMs < leastMs - slackMs || told.storedMs > mostMs + slackMs) {
      troubles.push(
        `of ${name} the ledger has ${told.storedMs} ms, the bucket ${leastMs} to ${mostMs} ms`,
      );
    }
  }
  const bytes = bucket.reduce((sum, one) => sum + one.bytes, 0);
  return { ...whole, missing, segments: bucket.length, bytes, troubles };
}

/** Time of which there is footage, what is there twice counted once; seams of so many milliseconds are part of it. */
function coveredMs(segments: readonly StoredSegment[], seamMs = 0): number {
  let [covered, endMs] = [0, -Infinity];
  for (const { startMs, durationMs } of segments) {
    const until = startMs + durationMs;
    const fromMs = startMs - endMs <= seamMs ? endMs : startMs;
    covered += Math.max(0, until - Math.max(fromMs, endMs));
    endMs = Math.max(endMs, until);
  }
  return covered;
}

/** How much of the gaps lies inside segments: pauses that no name of the bucket tells. */
const insideMs = (
  segments: readonly StoredSegment[],
  gaps: readonly { readonly startMs: number; readonly endMs: number }[],
): number =>
  gaps.reduce((sum, gap) => {
    const shares = segments.map(
      ({ startMs, durationMs }) =>
        Math.min(gap.endMs, startMs + durationMs) - Math.max(gap.startMs, startMs),
    );
    return sum + Math.max(0, ...shares);
  }, 0);
