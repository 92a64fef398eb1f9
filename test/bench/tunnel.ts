import { mkdtempSync, rmSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AnsweringProcess } from './answering-process.ts';
import type { CarriedAnswer, CarriedQuestion } from './carried-process.ts';
import { costOf, shareOfMemoryKib } from './cost.ts';
import { figure, machine, markdown, median, quantileOf } from './report.ts';
import { findRival } from './rival.ts';
import { clientName, embedded, makeKeys, openSsh, type SshWay } from './ssh-ways.ts';

// What cameras cost that dial in over SSH, at our server and at OpenSSH's. Both open a port of
// 127.0.0.1 for each, and the same two programs are at the ends. They take turns.

const tunnels = 50;
const streams = [20, tunnels];
const bitsPerSecond = 1_000_000;
const streamMs = 10_000;
const bulkBytes = 300e6;
const echoes = 300;
const rounds = 3;
/** For programs to settle. */
const settleMs = 1_000;

interface Round {
  readonly setUpMs: number;
  readonly setUpCpuMs: number;
  readonly idleKib: number;
  readonly fullKib: number;
  readonly bulkMs: number;
  readonly bulkCpuMs: number;
  readonly quietMs: readonly number[];
  /** With as many streams as `streams` says. */
  readonly busy: readonly Busy[];
}

interface Busy {
  readonly cpuMs: number;
  readonly bytes: number;
  readonly echoMs: readonly number[];
}

await using owned = new AsyncDisposableStack();
const directory = mkdtempSync(join(tmpdir(), 'cctv-bench-'));
owned.defer(() => rmSync(directory, { recursive: true, force: true }));
// The cameras' user of sshd looks for its keys there.
chmodSync(directory, 0o755);
const rival = findRival('/usr/sbin/sshd', 'openssh-server', ['-V']);
const ends = owned.use(new AnsweringProcess('carried-process.ts'));
const carry = (question: CarriedQuestion) => ends.ask<CarriedAnswer>(question, 120_000);
const { port: servicePort } = await carry({ service: true });
const keys = makeKeys(directory, tunnels);
const ways: readonly SshWay[] = [
  owned.use(await embedded(join(directory, 'ours'), keys)),
  owned.use(await openSsh(join(directory, 'sshd'), keys)),
];

async function cpuMsOf(way: SshWay, work: () => Promise<CarriedAnswer>) {
  const { pids } = way;
  const before = costOf(pids).cpuMs;
  const done = await work();
  return { ...done, cpuMs: costOf(pids).cpuMs - before };
}

/** What the server takes for setting all tunnels up and hanging up. */
async function setUpCpuMsOf(way: SshWay): Promise<number> {
  const before = way.cpuMs;
  await (await way.dial(tunnels, servicePort))[Symbol.asyncDispose]();
  await delay(settleMs);
  return way.cpuMs - before;
}

async function round(way: SshWay): Promise<Round> {
  await way.tidy();
  const idleKib = shareOfMemoryKib(way.pids);
  const setUpCpuMs = await setUpCpuMsOf(way);
  const startedAt = performance.now();
  await using dialled = await way.dial(tunnels, servicePort);
  const setUpMs = performance.now() - startedAt;
  await delay(settleMs);
  const [port = 0] = dialled.ports;
  const quiet = await carry({ echoes, everyMs: 5, port });
  const busy: Busy[] = [];
  for (const count of streams) {
    const ports = dialled.ports.slice(0, count);
    const load = { streams: ports, ms: streamMs, bitsPerSecond, everyMs: 20 };
    busy.push(await cpuMsOf(way, () => carry(load)));
  }
  const bulk = await cpuMsOf(way, () => carry({ bytes: bulkBytes, port }));
  // Last, since Node does with small heaps for a while after it was made to tidy up.
  await way.tidy();
  const fullKib = shareOfMemoryKib(way.pids);
  return {
    setUpMs,
    setUpCpuMs,
    idleKib,
    fullKib,
    bulkMs: bulk.tookMs,
    bulkCpuMs: bulk.cpuMs,
    quietMs: quiet.echoMs,
    busy,
  };
}

// Servers run for months: what they do at first, and never again, is not what is asked.
for (const way of ways) {
  await using dialled = await way.dial(tunnels, servicePort);
  const [port = 0] = dialled.ports;
  await carry({ bytes: bulkBytes, port });
}
await delay(settleMs);
const direct = await carry({ echoes, everyMs: 5, port: servicePort });

const measured = new Map<SshWay, Round[]>(ways.map((way) => [way, []]));
for (let count = 0; count < rounds; count += 1) {
  for (const way of ways) {
    measured.get(way)?.push(await round(way));
    await delay(settleMs);
  }
}

const gigabyte = 1e9;
const directMs = median(direct.echoMs);
type Row = readonly [what: string, digits: number, of: (rounds: readonly Round[]) => number];
const each =
  (of: (round: Round) => number) =>
  (all: readonly Round[]): number =>
    median(all.map(of));
const added =
  (part: number, of: (round: Round) => readonly number[]) =>
  (all: readonly Round[]): number =>
    quantileOf(all.flatMap(of), part) - directMs;
const rows: readonly Row[] = [
  [
    'CPU s for 1 GB, as fast as it goes',
    2,
    each(({ bulkCpuMs }) => bulkCpuMs / 1e3 / (bulkBytes / gigabyte)),
  ],
  ...streams.map(
    (count, index): Row => [
      `CPU s for 1 GB, ${count} streams of ${bitsPerSecond / 1e6} Mbit/s`,
      2,
      each(({ busy }) => ((busy[index]?.cpuMs ?? 0) / 1e3 / (busy[index]?.bytes ?? 0)) * gigabyte),
    ],
  ),
  ['MB/s, one tunnel', 0, each(({ bulkMs }) => bulkBytes / 1e3 / bulkMs)],
  ['CPU ms for a tunnel that comes and goes', 1, each(({ setUpCpuMs }) => setUpCpuMs / tunnels)],
  ['tunnels set up in 1 s', 0, each(({ setUpMs }) => (tunnels * 1e3) / setUpMs)],
  ['KiB for each tunnel', 0, each(({ fullKib, idleKib }) => (fullKib - idleKib) / tunnels)],
  ['MiB of the server with no tunnel', 0, each(({ idleKib }) => idleKib / 1024)],
  [`MiB of the server with ${tunnels} tunnels`, 0, each(({ fullKib }) => fullKib / 1024)],
  ['ms added to 1 kB there and back, median', 2, added(0.5, ({ quietMs }) => quietMs)],
  ['the same, p99', 2, added(0.99, ({ quietMs }) => quietMs)],
  ...streams.flatMap((count, index): Row[] => {
    const of = ({ busy }: Round) => busy[index]?.echoMs ?? [];
    return [
      [`beside ${count} streams, median`, 2, added(0.5, of)],
      ['the same, p99', 2, added(0.99, of)],
    ];
  }),
];
const names = ways.map(({ name }) => name);
const table = rows.map(([what, digits, of]) => {
  const [ours = Number.NaN, theirs = Number.NaN] = ways.map((way) => of(measured.get(way) ?? []));
  return [what, figure(ours, digits), figure(theirs, digits), figure(ours / theirs, 2)];
});
for (const line of markdown(['', ...names, 'ours / theirs'], table)) console.log(line);
console.log(`
medians of ${rounds} rounds in turns, after one that does not count; cameras are ${clientName}
theirs is ${rival.version}, uncompressed, with a command that stays for each camera, not counted
ms added: to the ${figure(directMs, 2)} ms that the same takes without a tunnel
${machine()}`);
