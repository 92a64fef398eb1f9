import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readBucket } from '../faults/bucket.ts';
import { judge } from '../faults/judge.ts';
import { scrape } from '../support/scrape.ts';
import { eventually } from '../support/until.ts';
import type { Attack } from './attack.ts';
import type { AttackerSetup, AttackerTold } from './attacker.ts';
import { Honests } from './honest.ts';
import type { Row } from './judge.ts';
import { Measurement } from './measure.ts';
import { type Scene, segmentSeconds, startScene, worstOf } from './scene.ts';

export interface RunOptions {
  readonly attacks: readonly Attack[];
  /** Of each attack. */
  readonly seconds: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly rows: readonly Row[];
  readonly log: readonly unknown[];
}

interface Attacked extends Omit<Row, 'lostSeconds' | 'lostPictures'> {
  readonly fromMs: number;
  readonly toMs: number;
}

/** After an attack: what it kept waiting is over, and what it made the daemon keep can be given back. */
const restMs = 6_000;
/** More than its time, for an attacker to end. */
const endsWithinMs = 20_000;

/** Lets a whole site work, attacks it in one way after the other, and judges by what the honest have. */
export async function runAttacks(options: RunOptions): Promise<Outcome> {
  const { say, signal } = options;
  await using scene = await startScene();
  await using honests = new Honests(scene);
  say('honest cameras, viewers and owners are at work');
  await delay(restMs);
  const attacked: Attacked[] = [];
  for (const attack of options.attacks) {
    if (signal.aborted) break;
    const row = await attackOnce(scene, honests, attack, options);
    attacked.push(row);
    const waits = [...row.waits].map(([who, { worstMs, failures }]) =>
      [who, Math.round(worstMs), ...new Set(failures)].join(' '),
    );
    say(
      `${attack.name}: ${(row.counted / row.seconds).toFixed(0)} ${attack.unit}/s, ` +
        `loop late ${row.lateMs.toFixed(0)} ms, a turn ${row.turnMs.toFixed(0)} ms, waits in ms: ${waits.join(', ')}; ` +
        `RSS ${row.rssBefore.toFixed(0)} ${row.rssPeak.toFixed(0)} ${row.rssAfter.toFixed(0)} MB`,
    );
  }
  say('the last footage is stored');
  await delay(2 * segmentSeconds * 1_000);
  const rows = await withLosses(scene, attacked);
  return { rows, log: scene.site.log };
}

async function attackOnce(
  scene: Scene,
  honests: Honests,
  attack: Attack,
  { seconds, seed }: RunOptions,
): Promise<Attacked> {
  await using measurement = await Measurement.start(scene.site);
  honests.takeWaits();
  const fromMs = Date.now();
  const setup: AttackerSetup = { name: attack.name, target: scene.target, seed, seconds };
  const { counted, wrongs } = await attackFrom(setup);
  const attackedMs = Date.now() - fromMs;
  const waits = honests.takeWaits();
  const measured = await measurement.end(() => delay(restMs));
  const toMs = Date.now();
  return {
    ...measured,
    ...worstOf(scene.probeFile, fromMs, fromMs + attackedMs),
    name: attack.name,
    by: attack.by,
    unit: attack.unit,
    seconds: attackedMs / 1_000,
    counted,
    found: wrongs,
    waits,
    fromMs,
    toMs,
  };
}

async function attackFrom(setup: AttackerSetup): Promise<AttackerTold> {
  const child = fork(join(import.meta.dirname, 'attacker.ts'), [JSON.stringify(setup)]);
  const timer = setTimeout(() => child.kill('SIGKILL'), 10 * setup.seconds * 1_000 + endsWithinMs);
  let told: AttackerTold = { counted: 0, wrongs: ['the attacker did not end'], failures: [] };
  child.on('message', (all: AttackerTold) => {
    told = all;
  });
  await once(child, 'exit');
  clearTimeout(timer);
  if (process.env['ATTACKS_DEBUG'] !== undefined) console.log(told.failures);
  return told;
}

/** What is missing of the honest cameras, by the daemon's own account and by the bucket's pictures. */
async function withLosses(scene: Scene, attacked: readonly Attacked[]): Promise<Row[]> {
  const { site, cameras } = scene;
  const untilMs = attacked.at(-1)?.toMs ?? 0;
  await eventually('the last footage in the bucket', 60_000, async () => {
    return (await oldestWaiting(scene)) > untilMs;
  });
  const bucket = await readBucket(site.s3, 'footage');
  const gaps = new Map<string, Awaited<ReturnType<typeof site.gaps>>>();
  for (const { name } of cameras) gaps.set(name, await site.gaps(name));
  const missing = cameras.flatMap(({ name, rtsp }) => {
    const { silent, unfitting } = judge({
      camera: name,
      sent: rtsp.sent,
      segments: bucket.segments.filter(({ camera }) => camera === name),
      gaps: [],
      faults: [],
    });
    return [...silent, ...unfitting];
  });
  return attacked.map((row) => {
    const { fromMs, toMs } = row;
    const lostMs = [...gaps.values()]
      .flat()
      .reduce(
        (sum, { startMs, endMs }) =>
          sum + Math.max(0, Math.min(endMs, toMs) - Math.max(startMs, fromMs)),
        0,
      );
    return {
      ...row,
      lostSeconds: lostMs / 1_000,
      lostPictures: missing.filter(({ sentMs }) => sentMs >= fromMs && sentMs < toMs).length,
    };
  });
}

/** When the oldest footage began that is not in the bucket yet; now if all is. */
async function oldestWaiting({ site }: Scene): Promise<number> {
  const age = (await scrape(site, 30_000)).get('cctv_spool_oldest_age_seconds') ?? 0;
  return Date.now() - age * 1_000;
}
