import { setTimeout as delay } from 'node:timers/promises';
import { within } from '../../src/lib/until.ts';
import { Player } from '../gateway/player.ts';
import { RtspReader } from '../stand-ins/rtsp/reader.ts';
import { answer } from './answering-process.ts';

/** Where a viewer sits. */
export interface Seat {
  readonly camera: number;
  readonly url: string;
  readonly login?: { readonly user: string; readonly password: string };
}

export type ViewersQuestion =
  /** Stay until the end; the delay of the others is measured against them. */
  | { readonly references: readonly Seat[] }
  | { readonly join: readonly Seat[] }
  | { readonly watchMs: number }
  | { readonly leave: true };

export interface Watched {
  /** Viewers that got at least half of the pictures that the reference of their camera got. */
  readonly served: number;
  /** Taken by all. */
  readonly megabits: number;
  /** For each picture: when its last packet came, after the reference had it. */
  readonly delaysMs: readonly number[];
}

const joinWithinMs = 5_000;
const leaveWithinMs = 2_000;
/** Less than half of the stand-in's clip, after which the same pictures come again. */
const maxDelayMs = 2_000;

interface Viewer {
  readonly camera: number;
  readonly url: string;
  readonly player: Player;
  /** When the last packet of each picture came, by its content: sequence numbers are the server's own. */
  readonly arrivals: { readonly picture: string; readonly atMs: number }[];
}

const references: Viewer[] = [];
const viewers: Viewer[] = [];

function listen(player: Player, { camera, url }: Seat): Viewer {
  const viewer: Viewer = { camera, url, player, arrivals: [] };
  const reader = new RtspReader();
  player.socket.on('data', (chunk: Buffer) => {
    const atMs = performance.now();
    for (const { channel, frame } of reader.push(chunk).frames) {
      const isLastOfPicture = channel === 0 && frame.readUInt8(5) >> 7 === 1;
      if (!isLastOfPicture) continue;
      const picture = `${frame.length} ${frame.subarray(-32).toString('latin1')}`;
      viewer.arrivals.push({ picture, atMs });
    }
  });
  return viewer;
}

/** Nothing comes of one that isn't let in: the number of those who are served tells. */
async function sitDown(seat: Seat, among: Viewer[]): Promise<void> {
  const { url, login } = seat;
  const player = await Player.connect({ port: Number(new URL(url).port) });
  if (login !== undefined) player.login(login.user, login.password);
  among.push(listen(player, seat));
  await player.watch(url);
}

async function join(seats: readonly Seat[], among: Viewer[]): Promise<void> {
  const byCamera = Map.groupBy(seats, ({ camera }) => camera);
  const all = [...byCamera.values()].map(async (ofOne) => {
    for (const seat of ofOne) await sitDown(seat, among);
  });
  await atMost(joinWithinMs, all);
}

async function leave(): Promise<void> {
  const all = viewers.map(async ({ player, url }) => {
    if (player.session !== undefined) {
      await player.ask('TEARDOWN', url, { Session: player.session });
    }
  });
  await atMost(leaveWithinMs, all);
  for (const { player } of viewers.splice(0)) player[Symbol.dispose]();
}

async function atMost(ms: number, all: readonly Promise<void>[]): Promise<void> {
  const { signal } = new AbortController();
  await within(ms, 'all', signal, () => Promise.allSettled(all)).catch(() => {});
}

const bytesRead = (): number =>
  viewers.reduce((sum, { player }) => sum + player.socket.bytesRead, 0);

async function watch(ms: number): Promise<Watched> {
  for (const { arrivals } of [...references, ...viewers]) arrivals.length = 0;
  const before = bytesRead();
  await delay(ms);
  const megabits = ((bytesRead() - before) * 8) / 1e6;
  const served = viewers.filter(({ camera, arrivals }) => {
    const wanted = references.find((one) => one.camera === camera)?.arrivals.length ?? 0;
    return wanted > 0 && arrivals.length >= wanted / 2;
  });
  return { served: served.length, megabits, delaysMs: served.flatMap(delaysOf) };
}

function delaysOf({ camera, arrivals }: Viewer): number[] {
  const reference = references.find((one) => one.camera === camera)?.arrivals ?? [];
  const seen = Map.groupBy(reference, ({ picture }) => picture);
  return arrivals.flatMap(({ picture, atMs }) => {
    const delays = (seen.get(picture) ?? []).map((one) => atMs - one.atMs);
    const nearest = delays.toSorted((a, b) => Math.abs(a) - Math.abs(b))[0];
    return nearest === undefined || Math.abs(nearest) > maxDelayMs ? [] : [nearest];
  });
}

answer<ViewersQuestion>(async (question) => {
  if ('references' in question) await join(question.references, references);
  if ('join' in question) await join(question.join, viewers);
  if ('watchMs' in question) return watch(question.watchMs);
  if ('leave' in question) await leave();
  return {};
});
