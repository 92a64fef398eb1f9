import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gap } from '../../src/contract/continuity.ts';
import { FaultProxy } from '../support/fault-proxy.ts';
import { NarrowLine } from '../support/narrow-line.ts';
import { keepAllDialling, Site, type SiteCamera } from '../support/site.ts';
import { smallDisk } from '../support/small-disk.ts';
import { eventually } from '../support/until.ts';
import { listSegments, type ReadBucket, readBucket } from './bucket.ts';
import { type FaultKind, type Heal, isCamerasOwn, type Scene } from './fault.ts';
import { type Inflicted, judge, type Verdict } from './judge.ts';
import { cameraOptions } from './odd-cameras.ts';
import { placeOf, plan, type Planned } from './plan.ts';
import { gapsOf, rebuildLedger, verifyDeeply } from './proof.ts';
import { Watchman } from './watchman.ts';

export interface RunOptions {
  /** How many are inflicted. */
  readonly faults: number;
  readonly seed: number;
  readonly cameras: number;
  /** Mean time from a fault to the next. */
  readonly everyMs: number;
  readonly kinds: readonly FaultKind[];
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly inflicted: readonly Inflicted[];
  /** Planned, but there was nothing to inflict them on. */
  readonly missed: readonly string[];
  readonly verdicts: readonly Verdict[];
  readonly gaps: ReadonlyMap<string, readonly Gap[]>;
  readonly bucket: ReadBucket;
  /** Segments that are gone from the spool and are not in the bucket. */
  readonly unproven: readonly string[];
  /** What else should not have come about. */
  readonly troubles: readonly string[];
  readonly log: readonly unknown[];
}

const segmentSeconds = 3;
const diskMegabytes = 64;
/** For what a fault needs to be there again after another one. */
const findWithinMs = 8_000;
/** For all cameras to be recorded again after the last fault, and for the spool to be empty. */
const settleWithinMs = 120_000;

/** Lets a whole site run, inflicts faults on it, and judges by the bucket what became of each picture. */
export async function runFaults(options: RunOptions): Promise<Outcome> {
  const { say } = options;
  await using owned = new AsyncDisposableStack();
  const disk = owned.use(await smallDisk(diskMegabytes));
  const spoolDirectory = join(disk.path, 'spool');
  let store: FaultProxy | undefined;
  const site = owned.use(
    await Site.start({
      segmentSeconds,
      settableClock: true,
      storeBehind: async (endpoint) => {
        store = owned.use(await FaultProxy.start(endpoint));
        return store.endpoint;
      },
      config: { spoolDirectory, spool: { reserveGigabytes: 0.01 } },
    }),
  );
  if (store === undefined) throw new Error('there is no store');
  const startedAtMs = Date.now();
  const cameras: SiteCamera[] = [];
  const lines = new Map<SiteCamera, NarrowLine>();
  for (let i = 1; i <= options.cameras; i++) {
    const camera = await site.addCamera(`bach/camera-${i}`, cameraOptions(i - 1));
    const line = owned.use(await NarrowLine.to(() => site.tunnelPort));
    camera.dialledPort = line.port;
    lines.set(camera, line);
    cameras.push(camera);
  }
  const scene: Scene = {
    site,
    cameras,
    lines,
    store,
    disk,
    spoolDirectory,
    harmed: new Set<string>(),
    troubles: [],
    daemonAway: 0,
    isSpoolCovered: false,
  };
  const watchman = owned.use(new Watchman(scene));
  const dialling = owned.use(keepAllDialling(cameras));
  for (const camera of cameras) await camera.recording(30_000);
  const begun = { name: 'the first dial-in', camera: undefined, fromMs: startedAtMs } as const;
  const inflicted: Inflicted[] = [
    { ...begun, toMs: Date.now(), causes: ['never connected', 'camera offline', 'starting'] },
  ];
  say(`${cameras.length} cameras are recorded, faults begin`);

  const missed = await inflictAll(scene, options, inflicted);

  say('all is well again, the last footage is stored');
  await settle(scene);
  const endedAtMs = Date.now();
  await dialling[Symbol.asyncDispose]();
  await emptied(watchman, scene);
  scene.troubles.push(...(await verifyDeeply(scene)));
  scene.daemonAway += 1;
  await site.stopDaemon();
  const stoppedAtMs = Date.now();
  inflicted.push({
    name: 'the end of the run',
    camera: undefined,
    fromMs: endedAtMs,
    toMs: stoppedAtMs,
    causes: ['camera offline', 'daemon down'],
  });

  say('reading the bucket');
  const bucket = await readBucket(site.s3, 'footage');
  const ledger = await rebuildLedger(scene);
  scene.troubles.push(...ledger.differences);
  const gaps = gapsOf(ledger.file, scene, startedAtMs, stoppedAtMs);
  return {
    inflicted: inflicted.slice(1, -1),
    missed,
    gaps,
    bucket,
    verdicts: cameras.map(({ name, rtsp }) =>
      judge({
        camera: name,
        sent: rtsp.sent,
        segments: bucket.segments.filter(({ camera }) => camera === name),
        gaps: gaps.get(name) ?? [],
        faults: inflicted.filter(({ camera }) => camera === undefined || camera === name),
      }),
    ),
    unproven: watchman.unproven(bucket, gaps),
    troubles: scene.troubles,
    log: site.log,
  };
}

/** @returns those that found nothing to be inflicted on */
async function inflictAll(
  scene: Scene,
  { faults, seed, everyMs, kinds, say, signal }: RunOptions,
  inflicted: Inflicted[],
): Promise<string[]> {
  const missed: string[] = [];
  const running = new Set<Promise<void>>();
  const placed = new Map<string, Promise<void>>();
  const startedAt = performance.now();
  let begun = 0;
  for (const planned of plan({ seed, everyMs, kinds, cameras: scene.cameras.length })) {
    if (begun >= faults) await Promise.all(running);
    if (begun >= faults || signal.aborted) break;
    const waitMs = startedAt + planned.atMs - performance.now();
    if (waitMs > 0) await delay(waitMs, undefined, { signal }).catch(() => {});
    begun += 1;
    const place = placeOf(planned);
    const task = (placed.get(place) ?? Promise.resolve())
      .then(() => inflict(scene, planned, inflicted, signal))
      .then((hit) => {
        if (hit) return;
        missed.push(planned.kind.name);
        begun -= 1;
      })
      .catch((error: unknown) => void scene.troubles.push(`${planned.kind.name}: ${String(error)}`))
      .finally(() => running.delete(task));
    running.add(task);
    // Healing may take longer than planned, as the start of a daemon does on a busy machine.
    placed.set(place, task);
    if (begun % 25 === 0) say(`${begun} faults`);
  }
  await Promise.all(running);
  return missed;
}

/** @returns whether there was something to inflict it on */
async function inflict(
  scene: Scene,
  { kind, camera: index, lastsMs, chance }: Planned,
  inflicted: Inflicted[],
  signal: AbortSignal,
): Promise<boolean> {
  const camera = scene.cameras[index];
  if (camera === undefined) throw new Error(`there is no camera ${index}`);
  const deadline = performance.now() + findWithinMs;
  const fromMs = Date.now();
  let heal: Heal | undefined;
  while ((heal = await kind.inflict(scene, camera, chance)) === undefined) {
    if (performance.now() > deadline || signal.aborted) return false;
    await delay(100);
  }
  await delay(lastsMs, undefined, { signal }).catch(() => {});
  await heal();
  const { name, causes, place } = kind;
  const whose = isCamerasOwn(kind) || place === 'spooled file' ? camera.name : undefined;
  inflicted.push({ name, causes, camera: whose, fromMs, toMs: Date.now() });
  return true;
}

/** Waits until there is footage of each camera that began after the last fault. */
async function settle(scene: Scene): Promise<void> {
  const sinceMs = Date.now();
  for (const { name } of scene.cameras) {
    await eventually(`new footage of ${name}`, settleWithinMs, async () => {
      const keys = await listSegments(scene.site.s3, 'footage');
      await delay(1_000);
      return keys.some((key) => key.startsWith(`${name}/`) && startOf(key) > sinceMs);
    }).catch((error: unknown) => scene.troubles.push(String(error)));
  }
}

function startOf(key: string): number {
  const [, y, m, d, h, min, s] = /\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)([\d.]+)Z_/.exec(key) ?? [];
  return Date.parse(`${y}-${m}-${d}T${h}:${min}:${s}Z`);
}

async function emptied(watchman: Watchman, scene: Scene): Promise<void> {
  await eventually('an empty spool', settleWithinMs, () => watchman.waiting().length === 0).catch(
    () => scene.troubles.push(`the spool still holds ${watchman.waiting().join(', ')}`),
  );
}
