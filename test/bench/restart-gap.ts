import { once } from 'node:events';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { type LogLine, Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

// What a restart of the daemon costs: how long each of many cameras is not recorded, and where the time
// goes. All run on this machine, the cameras' RTSP servers and dbclients too.

const { values } = parseArgs({
  options: {
    cameras: { type: 'string', default: '100' },
    servers: { type: 'string', default: '4' },
    /** As tunnel.sh: how long a camera waits at most before it dials again. */
    'jitter-ms': { type: 'string', default: '2000' },
    'segment-seconds': { type: 'string', default: '10' },
    signal: { type: 'string', default: 'SIGTERM' },
  },
});
const cameraCount = Number(values.cameras);
const jitterMs = Number(values['jitter-ms']);
const addedAtOnce = 3;
const segmentSeconds = Number(values['segment-seconds']);

/** Dials as tunnel.sh does: soon after a connection that had been good, later after ones that failed. */
async function keepDialling(camera: SiteCamera, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; ) {
    const dialledAt = performance.now();
    const client = camera.dial();
    const hangUp = (): void => void client.kill('SIGKILL');
    signal.addEventListener('abort', hangUp, { once: true });
    await once(client, 'exit');
    signal.removeEventListener('abort', hangUp);
    failures = performance.now() - dialledAt > 10_000 ? 0 : failures + 1;
    const waitMs =
      failures === 0 ? Math.random() * jitterMs : 1_000 * 2 ** Math.max(0, failures - 4);
    await delay(waitMs, undefined, { signal }).catch(() => {});
  }
}

const atMs = (line: LogLine): number => Date.parse(String(line['timestamp'] ?? line['time']));

function quantiles(name: string, values: readonly number[]): void {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): string =>
    String(Math.round(sorted[Math.ceil(part * sorted.length) - 1] ?? Number.NaN)).padStart(7);
  console.log(`${name.padEnd(44)}${at(0.5)}${at(0.9)}${at(1)}   of ${sorted.length}`);
}

/** Of each camera, the time of its first line with this message. */
function firsts(log: readonly LogLine[], message: string): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of log) {
    if (line.message !== message || line.camera === undefined) continue;
    if (!found.has(line.camera)) found.set(line.camera, atMs(line));
  }
  return found;
}

async function allRecording(site: Site): Promise<void> {
  await eventually('recording of all', 300_000, async () => {
    await delay(1_000);
    const states = (await site.connected()).map(({ state }) => state);
    return states.filter((state) => state === 'recording').length === cameraCount;
  });
}

async function main(): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  await using site = await Site.start({ segmentSeconds, profile: 'copy' });
  await using resources = new AsyncDisposableStack();
  const servers: RtspCamera[] = [];
  for (let i = 0; i < Math.min(Number(values.servers), cameraCount); i += 1) {
    const cheap = { width: 320, height: 180, framesPerSecond: 5, bitsPerSecond: 64_000 };
    servers.push(
      resources.use(await startRtspCamera({ video: 'h264', keyFrameSeconds: 2, ...cheap })),
    );
  }
  const cameras: SiteCamera[] = [];
  await site.addCamera('bach/first', {}, servers[0]);
  for (let i = 0; i < cameraCount; i += addedAtOnce) {
    const some = Array.from({ length: Math.min(addedAtOnce, cameraCount - i) }, (_, k) => i + k);
    const added = await Promise.all(
      some.map((k) => site.addCamera(`bach/camera-${k}`, {}, servers[k % servers.length])),
    );
    cameras.push(...added);
  }
  const dialling = cameras.map((camera) => keepDialling(camera, stop.signal));
  try {
    await allRecording(site);
    await delay(segmentSeconds * 1_000 + 10_000);
    const from = site.log.length;
    const stoppedAtMs = Date.now();
    await site.stopDaemon(values.signal as NodeJS.Signals);
    const goneAtMs = Date.now();
    await site.startDaemon();
    const takingAtMs = Date.now();
    await allRecording(site);
    const log = site.log.slice(from);
    await eventually('segments of all after the restart', 180_000, async () => {
      await delay(2_000);
      const after = (await site.stored()).filter(({ startMs }) => startMs > goneAtMs);
      return new Set(after.map(({ camera }) => camera)).size === cameraCount;
    });
    const stored = await site.stored();
    const spans = cameras.map(({ name }) => {
      const mine = stored.filter(({ account, camera }) => `${account}/${camera}` === name);
      const next = mine.find(({ startMs }) => startMs > stoppedAtMs);
      const last = mine.findLast(({ startMs }) => startMs < stoppedAtMs);
      return {
        name,
        endMs: (last?.startMs ?? Number.NaN) + (last?.durationMs ?? 0),
        beginMs: next?.startMs ?? Number.NaN,
      };
    });
    const dialled = firsts(log, 'camera dialled in');
    const relayed = firsts(log, 'relay is ready');
    const since = (one: Map<string, number>, other: Map<string, number>): number[] =>
      [...one].map(([camera, ms]) => ms - (other.get(camera) ?? Number.NaN));
    const { length: cores } = cpus();
    console.log(
      `${cameraCount} cameras, ${values.signal}, ${cores} cores (${availableParallelism()} usable), load ${loadavg()[0]?.toFixed(1)}`,
    );
    console.log(`the daemon took ${goneAtMs - stoppedAtMs} ms to end`);
    console.log(`and ${takingAtMs - goneAtMs} ms to start\n`);
    console.log(`${'ms'.padEnd(44)}    p50    p90    max`);
    quantiles(
      'gap',
      spans.map(({ endMs, beginMs }) => beginMs - endMs),
    );
    quantiles(
      'last picture, after the signal',
      spans.map(({ endMs }) => endMs - stoppedAtMs),
    );
    quantiles(
      'log-in, after the daemon took cameras',
      [...dialled.values()].map((ms) => ms - takingAtMs),
    );
    quantiles('relay ready, after the log-in', since(relayed, dialled));
    quantiles(
      'first picture, after the relay was ready',
      spans.map(({ name, beginMs }) => beginMs - (relayed.get(name) ?? Number.NaN)),
    );
  } finally {
    stop.abort();
    await Promise.all(dialling);
  }
}

await main();
