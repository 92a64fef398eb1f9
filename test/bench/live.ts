// Measures live viewing: what 1, 10 and 50 viewers of a camera cost beside one ffmpeg for each, whether the
// recorder notices, and in Chromium the first picture and the delay behind the camera:
// node test/bench/live.ts [VIEWERS...] (two to three minutes)

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { storedPictures } from '../faults/stored-pictures.ts';
import { startBrowser } from '../support/browser.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { ffmpeg } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { AnsweringProcess } from './answering-process.ts';
import { type Cost, costOf } from './cost.ts';
import type { Joined, LiveWatched } from './live-process.ts';
import { KnownPictures, openLivePage } from './live-page.ts';
import { spread } from './year.ts';

const shape = { width: 1280, height: 720, framesPerSecond: 15, bitsPerSecond: 1_500_000 };
const settleMs = 1_500;
const watchMs = 5_000;
/** After the last viewer, until the daemon has nothing left of the stream. */
const coldMs = 11_500;
const perUser = 20;
const counts = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [1, 10, 50];

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Logs in a user for each twenty viewers, as many as one may be. */
async function logIn(site: Site, origin: string, users: number): Promise<string[]> {
  const cookies: string[] = [];
  for (let n = 0; n < users; n += 1) {
    const printed = await site.cctv('viewer', 'add', `bach/viewer-${n}`);
    const password = /^Password +(\S+)$/m.exec(printed)?.[1] ?? '';
    const answer = await fetch(`${origin}/api/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin },
      body: JSON.stringify({ account: 'bach', user: `viewer-${n}`, password }),
    });
    if (answer.status !== 204) throw new Error(`log-in: ${answer.status}`);
    cookies.push(answer.headers.getSetCookie()[0]?.split(';')[0] ?? '');
  }
  return cookies;
}

interface Measured {
  /** Of a core. */
  readonly share: number;
  readonly memoryMib: number;
}

/** What the processes cost while something else goes on. */
async function measure(pids: readonly number[], meanwhile: () => Promise<unknown>) {
  const before: Cost = costOf(pids);
  const from = performance.now();
  await meanwhile();
  const after = costOf(pids);
  return {
    share: (after.cpuMs - before.cpuMs) / (performance.now() - from),
    memoryMib: after.memoryKib / 1024,
  } satisfies Measured;
}

/** As a daemon would that starts a program for each viewer; what it writes goes nowhere. */
function rival(url: string): ChildProcess {
  return spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      '--',
      ffmpeg(),
      '-nostdin',
      '-loglevel',
      'error',
      '-fflags',
      'nobuffer',
      '-rtsp_transport',
      'tcp',
      '-i',
      url,
      '-an',
      '-c',
      'copy',
      '-f',
      'mp4',
      '-movflags',
      'frag_every_frame+empty_moov+default_base_moof',
      'pipe:1',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const text = ({ share, memoryMib }: Measured): string =>
  `${percent(share)} of a core, ${memoryMib.toFixed(1)} MiB`;
const less = (one: Measured, other: Measured): Measured => ({
  share: one.share - other.share,
  memoryMib: one.memoryMib - other.memoryMib,
});
/** Of what is less than its own noise, nothing is said. */
const times = (one: number, other: number): string =>
  one <= 0.001 || other <= 0.001 ? 'not measurably more' : `${(other / one).toFixed(1)} times`;

/** Of daemon and relay, with so many viewers more than none; by their number. */
async function measureOurs(
  site: Site,
  camera: SiteCamera,
  cookies: readonly string[],
  origin: string,
): Promise<Map<number, Measured>> {
  const costs = new Map<number, Measured>();
  // What came with its start is over then.
  await delay(watchMs);
  const idle = await measure(await watchedPids(site, camera), () => delay(2 * watchMs));
  say(`daemon and relay without viewers: ${text(idle)}`);
  for (const count of counts) {
    const pids = await watchedPids(site, camera);
    await using viewers = new AnsweringProcess('live-process.ts');
    const join = Array.from({ length: count }, (_, i) => cookies[Math.floor(i / perUser)]);
    const { firstMs } = await viewers.ask<Joined>({ join, origin, camera: 'front-door' }, 20_000);
    await delay(settleMs);
    let watched: LiveWatched = { leastPictures: 0, delaysMs: [] };
    const busy = await measure(pids, async () => {
      watched = await viewers.ask<LiveWatched>({ watchMs }, watchMs + 20_000);
    });
    const cost = less(busy, idle);
    costs.set(count, cost);
    const { leastPictures, delaysMs } = watched;
    say(`${count} viewers: ${text(cost)}; least ${leastPictures} pictures in ${watchMs / 1000} s`);
    say(`  first picture ${spread(firstMs)}; from the daemon to them ${spread(delaysMs)}`);
  }
  return costs;
}

/** The same with an ffmpeg for each viewer, which reads the relay. */
async function measureRivals(
  site: Site,
  camera: SiteCamera,
  ours: ReadonlyMap<number, Measured>,
): Promise<void> {
  for (const [count, cost] of ours) {
    const pids = await watchedPids(site, camera);
    const idle = await measure(pids, () => delay(watchMs));
    const url = (await camera.status())?.relay?.url ?? '';
    const rivals: ChildProcess[] = [];
    for (let i = 0; i < count; i += 1) {
      rivals.push(rival(url));
      await delay(40);
    }
    const gone = rivals.map((one) => once(one, 'exit'));
    // Each looks into the stream first.
    await delay(settleMs + 2_500);
    let beneath = idle;
    const rivalPids = rivals.flatMap(({ pid }) => pid ?? []);
    const alone = await measure(rivalPids, async () => {
      beneath = await measure(pids, () => delay(watchMs));
    });
    const dead = rivals.filter(({ exitCode }) => exitCode !== null).length;
    for (const one of rivals) one.kill('SIGKILL');
    await Promise.all(gone);
    if (dead > 0) {
      say(`an ffmpeg for each of ${count}: ${dead} ended, the relay did not bear them`);
      continue;
    }
    const more = less(beneath, idle);
    const theirs: Measured = {
      share: alone.share + more.share,
      memoryMib: alone.memoryMib + more.memoryMib,
    };
    say(`an ffmpeg for each of ${count}: ${text(theirs)}`);
    say(
      `  that is ${times(cost.share, theirs.share)} the CPU, ${times(cost.memoryMib, theirs.memoryMib)} the memory`,
    );
  }
}

async function watchedPids(site: Site, camera: SiteCamera): Promise<number[]> {
  const { relay } = await camera.recording(20_000);
  if (relay === undefined) throw new Error('the camera has no relay');
  return [site.daemonPid, relay.pid];
}

/** Pictures that the camera sent and that are not in the bucket, of those between the first and the last there. */
async function tellLosses(site: Site, camera: SiteCamera, rivalsFromMs: number): Promise<void> {
  const untilMs = Date.now();
  const stored = await eventually('all footage in the bucket', 30_000, async () => {
    const segments = await site.stored(camera.name);
    const last = segments.at(-1);
    return last !== undefined && last.startMs + last.durationMs >= untilMs && segments;
  });
  const found = new Set<number>();
  for (const { key } of stored) {
    const { Body } = await site.s3.send(new GetObjectCommand({ Bucket: 'footage', Key: key }));
    const file = Buffer.from((await Body?.transformToByteArray()) ?? []);
    for (const { picture } of storedPictures(file)) found.add(picture);
  }
  const [first, last] = [Math.min(...found), Math.max(...found)];
  const sent = new Map(camera.rtsp.sent.flatMap(({ pictures }) => [...pictures]));
  const wanted = [...sent].filter(([picture]) => picture >= first && picture <= last);
  for (const theirs of [false, true]) {
    const these = wanted.filter(([, sentMs]) => sentMs >= rivalsFromMs === theirs);
    const lost = these.filter(([picture]) => !found.has(picture)).length;
    const when = theirs ? 'with an ffmpeg for each viewer' : 'while our viewers watched';
    say(`recorded ${when}: ${these.length - lost} of ${these.length} pictures, ${lost} lost`);
  }
}

async function seeInChromium(camera: SiteCamera, origin: string, cookie: string): Promise<void> {
  const known = await KnownPictures.of(camera.rtsp, shape);
  await using owned = new AsyncDisposableStack();
  const browser = owned.adopt(await startBrowser(), (one) => one.close());
  const live = { origin, cookie, path: '#/live/front-door' };
  const delays: number[] = [];
  const warm: number[] = [];
  {
    // Whoever has the page open keeps its cameras warm.
    await using list = await openLivePage(browser, known, { ...live, path: '#/now' });
    await list.page.locator('.tile').first().waitFor();
    await delay(2_000);
    for (let n = 0; n < 8; n += 1) {
      await using one = await openLivePage(browser, known, live);
      warm.push(await one.firstMs());
      await delay(300);
      if (n < 7) continue;
      await delay(3_000);
      delays.push(...(await one.delaysMs(10_000)));
    }
  }
  say(`first picture in Chromium, warm camera: ${spread(warm)}`);
  say(`on the screen behind the camera: ${spread(delays)} (of ${delays.length} pictures)`);
  const cold: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    await delay(coldMs);
    await using one = await openLivePage(browser, known, live);
    cold.push(await one.firstMs());
  }
  say(`first picture in Chromium, cold camera (a key frame each second): ${spread(cold)}`);
}

await using site = await Site.start({
  segmentSeconds: 5,
  config: { console: { web: { listen: '127.0.0.1:0' } } },
});
const origin = String(site.log.find(({ message }) => message === 'serving browsers')?.['address']);
const camera = await site.addCamera('bach/front-door', { ...shape, stamped: true });
camera.dial();
await camera.recording();
const cookies = await logIn(site, origin, Math.ceil(Math.max(...counts) / perUser));
const ours = await measureOurs(site, camera, cookies, origin);
await seeInChromium(camera, origin, cookies[0] ?? '');
await delay(2_000);
const rivalsFromMs = Date.now();
await measureRivals(site, camera, ours);
await tellLosses(site, camera, rivalsFromMs);
