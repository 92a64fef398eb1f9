import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import { describeError } from '../../src/lib/errors.ts';
import { descendants } from '../support/processes.ts';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { AnsweringProcess } from './answering-process.ts';
import { treesCpuMs, treesMemoryKib } from './chain-cost.ts';
import { builtDaemon } from './chain-daemon.ts';
import type { CamerasAnswer, CamerasQuestion } from './density-cameras-process.ts';
import { Crowd } from './density-crowd.ts';
import { measureIdleTunnels } from './density-idle.ts';
import { Metrics } from './density-metrics.ts';
import { PictureCheck } from './density-pictures.ts';
import { measureStep, type Scene, type Step } from './density-step.ts';
import { findSshd, findUploader, Original, type Uploader } from './original/original.ts';
import { figure, machine, markdown } from './report.ts';

// How many cameras this machine records, in profile copy, until the first picture is lost or the daemon's
// event loop is late by a second; what each number of them costs; and what tunnels cost that do nothing.

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '1,10,50,100,150,200,300,400,500,600' },
    /** Of each step; whole segments, so that each has its share of uploads. */
    seconds: { type: 'string', default: '30' },
    'segment-seconds': { type: 'string', default: '30' },
    /** Numbers of cameras of the original. */
    original: { type: 'string', default: '10,50' },
    uploader: { type: 'string', default: 'rclone' },
    idle: { type: 'string', default: '1000' },
    /** When no further step is begun. */
    minutes: { type: 'string', default: '7' },
  },
});
const numbers = (list: string): number[] => list.split(',').filter(Boolean).map(Number);
const measuredMs = Number(values.seconds) * 1_000;
const segmentSeconds = Number(values['segment-seconds']);
const uploader = values.uploader as Uploader;
const endAt = performance.now() + Number(values.minutes) * 60_000;
const sources = 8;
const dialEveryMs = 60;
const keptFreeKib = 4 * 2 ** 20;
const worstLoopMs = 1_000;
const probe = 'probe';

async function availableKib(): Promise<number> {
  const meminfo = await readFile('/proc/meminfo', 'utf8');
  return Number(/^MemAvailable:\s+(\d+)/m.exec(meminfo)?.[1] ?? 0);
}

/** Goes on until something gives in; @returns why it ended. */
async function climb(scene: Scene, ports: readonly number[], steps: Step[]): Promise<string> {
  const { site, crowd } = scene;
  using pictures = new PictureCheck(site);
  const lost = (): boolean =>
    steps.some(({ fromMs, toMs }) => pictures.lostBetween(fromMs, toMs) > 0);
  let connected = 0;
  const finish = async (why: string): Promise<string> => {
    const recordedToMs = steps.at(-1)?.toMs ?? 0;
    await eventually('the footage of the last step', segmentSeconds * 1_000 + 45_000, async () => {
      await delay(3_000);
      await pictures.proceed();
      return pictures.readToMs >= recordedToMs;
    }).catch(() => {});
    await pictures.proceed(true);
    for (const step of steps) losses.set(step, pictures.lostBetween(step.fromMs, step.toMs));
    return why;
  };
  await crowd.enrol(probe);
  for (const cameras of numbers(values.steps)) {
    if (performance.now() > endAt) return await finish('the time was up');
    if ((await availableKib()) < keptFreeKib) return await finish('memory ran short');
    for (; connected < cameras; connected += 1) {
      await crowd.enrol(`camera-${connected}`);
      crowd.dial(`camera-${connected}`, ports[connected % ports.length]);
      await delay(dialEveryMs);
    }
    const all = await eventually('recording of all', 60_000, async () => {
      await delay(1_000);
      return (await Metrics.of(site)).get('cctv_cameras{state="recording"}') === cameras;
    }).catch(() => false);
    await delay(3_000);
    const step = await measureStep(scene, cameras, measuredMs, probe).catch((error: unknown) =>
      describeError(error),
    );
    if (typeof step === 'string') {
      return await finish(`with ${cameras} cameras it could not be measured: ${step}`);
    }
    steps.push(step);
    console.error(`${cameras} cameras: loop ${figure(step.loop.maxMs, 0)} ms at most`);
    await pictures.proceed();
    if (!all || step.recording < cameras) return await finish('not all cameras were recorded');
    if (step.loop.maxMs >= worstLoopMs) return await finish('the event loop was late by a second');
    if (step.restarts > 0) return await finish('a recording was started again');
    if (lost()) return await finish('pictures were lost');
  }
  return await finish('there are no further steps');
}

const losses = new Map<Step, number>();

interface OriginalStep {
  readonly cameras: number;
  readonly cpu: number;
  readonly mib: number;
  /** That came to the bucket meanwhile. */
  readonly files: number;
}

async function climbWithOriginal(
  site: Site,
  ports: readonly number[],
  cameras: number,
): Promise<OriginalStep> {
  const directory = join(site.directory, `original-${cameras}`);
  await mkdir(directory);
  const { accessKeyId, secretAccessKey } = await site.s3.config.credentials();
  const region = await site.s3.config.region();
  const port = (await site.s3.config.endpoint?.())?.port ?? 0;
  await using original = await Original.start({
    directory,
    store: { endpoint: `http://127.0.0.1:${port}`, region, accessKeyId, secretAccessKey },
    bucket: 'original',
    kind: 'copy',
    segmentSeconds,
    uploader,
  });
  for (let i = 0; i < cameras; i += 1) {
    await original.dial(`camera-${i}`, ports[i % ports.length] ?? 0);
    await delay(dialEveryMs);
  }
  await delay(10_000);
  const listed = async (): Promise<number> =>
    (await site.s3.send(new ListObjectsV2Command({ Bucket: 'original' }))).KeyCount ?? 0;
  const filesBefore = await listed();
  const [cpuBefore, from] = [treesCpuMs([original.pid]), performance.now()];
  await delay(measuredMs / 2);
  const mib = treesMemoryKib([original.pid]) / 1024;
  await delay(from + measuredMs - performance.now());
  const cpuMs = treesCpuMs([original.pid]) - cpuBefore;
  const cpu = (cpuMs / (performance.now() - from)) * 100;
  return { cameras, mib, cpu, files: (await listed()) - filesBefore };
}

async function main(): Promise<void> {
  const program = await builtDaemon();
  await using pictures = new AnsweringProcess('density-cameras-process.ts');
  const question: CamerasQuestion = { sources };
  const { ports } = await pictures.ask<CamerasAnswer>(question, 60_000);
  const steps: Step[] = [];
  const originals: OriginalStep[] = [];
  let why = '';
  {
    await using site = await Site.start({
      program,
      segmentSeconds,
      profile: 'copy',
      config: { metrics: { listen: '127.0.0.1:0' }, log: { format: 'json', level: 'info' } },
    });
    const store = descendants(process.pid).filter(({ command }) => command.includes('s3-server'));
    const otherRoots = [pictures.pid, ...store.map(({ pid }) => pid)];
    {
      await using crowd = await Crowd.of(site);
      why = await climb({ site, crowd, otherRoots }, ports, steps);
    }
    await site.s3.send(new CreateBucketCommand({ Bucket: 'original' }));
    for (const cameras of numbers(values.original)) {
      originals.push(await climbWithOriginal(site, ports, cameras));
    }
  }
  printSteps(steps, why);
  printOriginals(originals, steps);
  const tunnels = Number(values.idle);
  if (tunnels > 0) {
    const idle = await measureIdleTunnels(tunnels, 20_000);
    console.log(
      `\n${tunnels} idle tunnels: ${figure(idle.kibEach, 1)} KiB each, ` +
        `${figure(idle.cpu, 1)} % of a core for keep-alives; all were up after ${figure(idle.upMs / 1_000, 1)} s`,
    );
  }
  console.log(`\n${machine()}`);
}

function printSteps(steps: readonly Step[], why: string): void {
  const head = ['cameras', 'daemon %', 'children %', 'each %', 'daemon MiB', 'children MiB'];
  const more = ['each MiB', 'loop p99', 'max ms', 'log-in ms', 'lost', 'others %', 'machine %'];
  const rows = steps.map((step, i) => {
    const before = steps[i - 1];
    const grown = step.cameras - (before?.cameras ?? 0);
    const each = (of: (one: Step) => number): number =>
      (of(step) - (before === undefined ? 0 : of(before))) / grown;
    return [
      `${step.cameras}`,
      figure(step.daemonCpu, 1),
      figure(step.childrenCpu, 1),
      figure(
        each((one) => one.daemonCpu + one.childrenCpu),
        2,
      ),
      figure(step.daemonMib, 0),
      figure(step.childrenMib, 0),
      figure(
        each((one) => one.daemonMib + one.childrenMib),
        1,
      ),
      figure(step.loop.p99Ms, 1),
      figure(step.loop.maxMs, 0),
      figure(step.logInMs, 0),
      `${losses.get(step) ?? '-'}`,
      figure(step.othersCpu, 0),
      figure(step.machineBusy, 0),
    ];
  });
  for (const line of markdown([...head, ...more], rows)) console.log(line);
  console.log(`
It ended because ${why}.
${outlook(steps)}
%: of one core; each: what a camera of this step added to the step before it (320x180, 5 pictures/s, 64 kbit/s, stamped)
loop: delay of the daemon's event loop; log-in: from the start of dbclient to the tunnel, median; lost: pictures
others: what belongs on other machines but runs on this one: cameras, their dbclients, the S3 server, the benchmark
machine: of all cores, with what else this machine does`);
}

/** What the machine could do if cameras and store were elsewhere, from how costs grew over all steps. */
function outlook(steps: readonly Step[]): string {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined || first === last) return '';
  const until = (limit: number, of: (step: Step) => number): string => {
    const each = (of(last) - of(first)) / (last.cameras - first.cameras);
    return figure(last.cameras + (limit - of(last)) / each, 0);
  };
  const cores = availableParallelism();
  return (
    `By CPU alone, with the others elsewhere: ${until(cores * 100, (one) => one.daemonCpu + one.childrenCpu)} cameras ` +
    `fill ${cores} cores, ${until(100, (one) => one.daemonCpu)} the one core that the daemon itself can use.`
  );
}

function printOriginals(originals: readonly OriginalStep[], steps: readonly Step[]): void {
  if (originals.length === 0) return;
  const rows = originals.map(({ cameras, cpu, mib, files }) => {
    const ours = steps.find((step) => step.cameras === cameras);
    const ourCpu = ours === undefined ? Number.NaN : ours.daemonCpu + ours.childrenCpu;
    const ourMib = ours === undefined ? Number.NaN : ours.daemonMib + ours.childrenMib;
    return [
      `${cameras}`,
      figure(ourCpu, 1),
      figure(cpu, 1),
      figure(cpu / ourCpu, 2),
      figure(ourMib, 0),
      figure(mib, 0),
      figure(mib / ourMib, 2),
      `${files}`,
    ];
  });
  const head = [
    'cameras',
    'cctvd %',
    'sshd %',
    'ratio',
    'cctvd MiB',
    'sshd MiB',
    'ratio',
    'sshd files',
  ];
  console.log('');
  for (const line of markdown(head, rows)) console.log(line);
  console.log(`\nsshd: ${findSshd().version} with a script, ${findUploader(uploader).version}`);
}

await main();
