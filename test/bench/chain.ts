import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { treesCpuMs, treesMemoryKib } from './chain-cost.ts';
import { builtDaemon } from './chain-daemon.ts';
import { WatchedStore } from './chain-store.ts';
import { bareFfmpeg, type Task, throughDaemon, throughOriginal, type Way } from './chain-ways.ts';
import { shareOfMemoryKib } from './cost.ts';
import type { Kind } from './original/encoding.ts';
import { findSshd, findUploader, type Uploader } from './original/original.ts';
import { figure, machine, markdown, quantileOf } from './report.ts';

// What a camera costs from its tunnel to the bucket, in the daemon, in a server put together from sshd, a
// shell script and a program per upload, and in an ffmpeg alone. All take turns, with the same camera.

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '4' },
    /** Of each turn; whole segments, so that each turn has its share of uploads. */
    seconds: { type: 'string', default: '40' },
    'segment-seconds': { type: 'string', default: '10' },
    rounds: { type: 'string', default: '1' },
    profiles: { type: 'string', default: 'copy,downsample' },
    /** Of the original: each makes a way of its own. */
    uploaders: { type: 'string', default: 'aws,rclone' },
  },
});
const cameras = Number(values.cameras);
const measuredMs = Number(values.seconds) * 1_000;
const segmentSeconds = Number(values['segment-seconds']);
const segmentMs = segmentSeconds * 1_000;
const kinds = values.profiles.split(',') as Kind[];
const uploaders = values.uploaders.split(',') as Uploader[];
const memoryEveryMs = 1_000;
const picture = { width: 1280, height: 720, framesPerSecond: 15, bitsPerSecond: 1_000_000 };

interface Turn {
  /** Percent of one core for each camera. */
  readonly cpu: number;
  /** For each camera; the mean of the turn. */
  readonly memoryMib: number;
  readonly sharedMib: number;
  /** From the cut of a file on the clock until it is in the bucket. */
  readonly delaysMs: readonly number[];
}

async function measure(way: Way, store: WatchedStore): Promise<Turn> {
  await way.recording();
  // In the midst of a segment, when nothing is being uploaded.
  await delay(segmentMs - ((Date.now() + segmentMs / 2) % segmentMs));
  const from = store.arrivals.length;
  const [cpuBefore, beganAt] = [treesCpuMs(way.roots), performance.now()];
  const [memory, shared]: [number[], number[]] = [[], []];
  for (let at = memoryEveryMs; at <= measuredMs; at += memoryEveryMs) {
    await delay(beganAt + at - performance.now());
    memory.push(treesMemoryKib(way.roots));
    shared.push(shareOfMemoryKib(way.sharedPids));
  }
  const cpuMs = treesCpuMs(way.roots) - cpuBefore;
  const tookMs = performance.now() - beganAt;
  return {
    cpu: (cpuMs / tookMs / cameras) * 100,
    memoryMib: mean(memory) / 1024 / cameras,
    sharedMib: mean(shared) / 1024,
    delaysMs: store.arrivals.slice(from).flatMap((arrival) => {
      const cut = way.cutMs(arrival);
      return cut === undefined ? [] : [arrival.atMs - cut];
    }),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function row(kind: Kind, name: string, turns: readonly Turn[], first: readonly Turn[]): string[] {
  const cpu = (of: readonly Turn[]): number => mean(of.map((one) => one.cpu));
  const memory = (of: readonly Turn[]): number => mean(of.map((one) => one.memoryMib));
  const delays = turns.flatMap(({ delaysMs }) => delaysMs);
  const shared = mean(turns.map(({ sharedMib }) => sharedMib));
  return [
    `${kind}, ${name}`,
    figure(cpu(turns), 2),
    figure(cpu(turns) / cpu(first), 2),
    figure(memory(turns), 1),
    figure(memory(turns) / memory(first), 2),
    figure(shared === 0 ? Number.NaN : shared, 1),
    figure(quantileOf(delays, 0.5) / 1_000, 1),
    figure(quantileOf(delays, 0.99) / 1_000, 1),
    `${delays.length}`,
  ];
}

await using owned = new AsyncDisposableStack();
const rtsp = owned.use(await startRtspCamera({ video: 'h264', ...picture }));
let watched: WatchedStore | undefined;
const site = await Site.start({
  program: await builtDaemon(),
  segmentSeconds,
  config: { log: { format: 'json', level: 'info' } },
  storeBehind: async (endpoint) => {
    watched = await WatchedStore.start(endpoint);
    return watched.endpoint;
  },
});
if (watched === undefined) throw new Error('the site has no store');
const store = owned.use(watched);
owned.use(site);
await site.s3.send(new CreateBucketCommand({ Bucket: 'original' }));
const { accessKeyId, secretAccessKey } = await site.s3.config.credentials();
const region = await site.s3.config.region();

const enrolled = new Map<Kind, SiteCamera[]>();
for (const kind of kinds) {
  const added: SiteCamera[] = [];
  for (let i = 0; i < cameras; i += 1) {
    added.push(await site.addCamera(`bach/${kind}-${i}`, { profile: kind }, rtsp));
  }
  enrolled.set(kind, added);
}

const results = new Map<Kind, Map<string, Turn[]>>();
for (let round = 1; round <= Number(values.rounds); round += 1) {
  for (const kind of kinds) {
    const task = (way: string): Task => ({
      kind,
      segmentSeconds,
      cameras,
      site,
      rtspPort: rtsp.port,
      directory: join(site.directory, `${kind}-${way}-${round}`),
      store: { endpoint: store.endpoint, region, accessKeyId, secretAccessKey },
    });
    const ways = [
      () => throughDaemon(task('cctvd'), enrolled.get(kind) ?? []),
      ...uploaders.map((uploader) => () => throughOriginal(task(uploader), uploader)),
      () => bareFfmpeg(task('bare')),
    ];
    for (const start of ways) {
      await using way = await start();
      const turn = await measure(way, store);
      const of = results.get(kind) ?? new Map<string, Turn[]>();
      of.set(way.name, [...(of.get(way.name) ?? []), turn]);
      results.set(kind, of);
    }
  }
}

const head = ['', 'CPU %', 'ratio', 'MiB', 'ratio', 'shared MiB', 'p50 s', 'p99 s', 'files'];
const rows = [...results].flatMap(([kind, ways]) => {
  const first = [...ways.values()][0] ?? [];
  return [...ways].map(([name, turns]) => row(kind, name, turns, first));
});
for (const line of markdown(head, rows)) console.log(line);
console.log(`
CPU %: of one core, for each of ${cameras} cameras (${picture.width}x${picture.height}, ${picture.framesPerSecond} pictures/s, ${picture.bitsPerSecond / 1e6} Mbit/s); of all processes from sshd or cctvd on, also of those that end
MiB: for each camera, what processes share counted in parts; shared: of that, one process for all cameras
s: from the cut of a file (each ${segmentSeconds} s) until it is in the bucket; files: that came there
${[findSshd(), ...uploaders.map(findUploader)].map(({ version }) => version).join('; ')}
${machine()}`);
