import { setTimeout as delay } from 'node:timers/promises';
import { type Relay } from '../../src/relay/relay.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { AnsweringProcess } from './answering-process.ts';
import { costOf } from './cost.ts';
import { type Measurement, report } from './report.ts';
import type { Seat, ViewersQuestion, Watched } from './viewers-process.ts';
import { direct, ThroughSecondRelays, throughGateway, type Way } from './ways.ts';
import { relayOf } from '../support/relay.ts';

// What watching through the gateway costs, against watching at the relays, and against a second
// live555ProxyServer. All ways take turns, so that what else the machine does befalls all of them.

const cameras = 10;
const viewers = 50;
const rounds = 3;
const watchMs = 4_000;
/** For streams to start and for programs to settle. */
const settleMs = 1_000;
const picture = { video: 'h264', width: 640, height: 360, bitsPerSecond: 1_000_000 } as const;

await using owned = new AsyncDisposableStack();
const relays: Relay[] = [];
for (let camera = 0; camera < cameras; camera += 1) {
  const { url } = owned.use(await startRtspCamera(picture));
  const relay = await relayOf(url);
  relays.push(owned.use(relay));
}
const urls = relays.map(({ url }) => url);
const audience = owned.use(new AnsweringProcess('viewers-process.ts'));
const tell = async <Answer>(question: ViewersQuestion): Promise<Answer> =>
  await audience.ask<Answer>(question, 20_000);
await tell({ references: urls.map((url, camera): Seat => ({ camera, url })) });

const ways: Way[] = [
  direct(urls),
  owned.use(await throughGateway(urls)),
  owned.use(await ThroughSecondRelays.start(urls)),
];
const pidsOf = (way: Way): number[] => [...relays.map(({ pid }) => pid), ...way.pids];
await delay(settleMs);
const idleKib = new Map(ways.map((way) => [way, costOf(pidsOf(way)).memoryKib]));

async function measure(way: Way): Promise<Measurement> {
  await tell({
    join: Array.from({ length: viewers }, (_, viewer) => way.seat(viewer % cameras)),
  });
  await delay(settleMs);
  const before = costOf(pidsOf(way));
  const ownBefore = costOf(way.pids);
  const watched = await tell<Watched>({ watchMs });
  const after = costOf(pidsOf(way));
  const ownAfter = costOf(way.pids);
  await tell({ leave: true });
  return {
    ...watched,
    cpuMs: after.cpuMs - before.cpuMs,
    ownCpuMs: ownAfter.cpuMs - ownBefore.cpuMs,
    memoryKib: after.memoryKib - (idleKib.get(way) ?? 0),
  };
}

const measured = new Map<string, Measurement[]>(ways.map(({ name }) => [name, []]));
for (let round = 1; round <= rounds; round += 1) {
  for (const way of ways) {
    const measurement = await measure(way);
    measured.get(way.name)?.push(measurement);
    if (measurement.served < viewers) await way.mend();
    await delay(settleMs);
  }
}

for (const line of report(measured, viewers)) console.log(line);
for (const { name, remark } of ways) if (remark !== '') console.log(`${name}: ${remark}`);
