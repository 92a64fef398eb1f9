import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { type Loss, noticedWithinMs, type StateRow } from '../continuity/causes.ts';
import { Stretches } from '../continuity/coverage.ts';
import { prepareDaySums } from './day-sums.ts';
import { isTrue, number, reader, text, word } from './read.ts';
import { longLossMs } from './schema.ts';
import { longestMs } from './segments.ts';
import { sumUp } from '../continuity/sums.ts';
import type { ContinuityRange, Days, DaySum, Timeline } from '../model/continuity.ts';
import type { Continuity } from '../contract/continuity.ts';

export interface ContinuityQueries {
  /**
   * Classifies each millisecond of a range of a camera's time as stored, spooled, or missing with a cause.
   * A camera's time begins when it was first added, and ends now or when it was removed. If it was added
   * again, the time between counts as disabled. For a camera that was never added, it is the time of
   * its footage.
   *
   * @throws {UnknownNameError} the name was never added and has no footage
   */
  sum(camera: CameraName, range: ContinuityRange): Continuity;
  /** The same as consecutive pieces. @throws {UnknownNameError} */
  timeline(camera: CameraName, range: ContinuityRange): Timeline;
  /**
   * Sums up each of some periods. Sums of past periods of at most two days are cached until their
   * footage changes.
   *
   * @throws {UnknownNameError} the name was never added and has no footage
   */
  days(camera: CameraName, days: Days): DaySum[];
  /**
   * The start of the `count`-th segment of a camera that starts after a moment; undefined if there are
   * fewer.
   *
   * @throws {UnknownNameError} the name was never added and has no footage
   */
  startOfNext(camera: CameraName, afterMs: number, count: number): number | undefined;
}

/** How many of the latest segments to search for the last end: segments of a camera may overlap. */
const overlapping = 10;

const beginning = Number.MIN_SAFE_INTEGER;

const readState = reader<StateRow>({ atMs: number, state: word(), detail: text });
const readLoss = reader<Loss & { readonly isHole: boolean }>({
  startMs: number,
  endMs: number,
  cause: word(),
  detail: text,
  isHole: isTrue,
});

export function prepareContinuity(database: DatabaseSync, ids: CameraIds): ContinuityQueries {
  const findCamera = database.prepare(
    `SELECT createdMs, removedMs,
       (SELECT atMs FROM states WHERE states.camera = cameras.id AND state = '${neverConnected}'
        ORDER BY atMs LIMIT 1) AS enrolledMs
     FROM cameras WHERE id = ?`,
  );
  const firstStart = database.prepare('SELECT min(startMs) AS ms FROM segments WHERE camera = ?');
  const lastEnd = database.prepare(
    `SELECT max(endMs) AS ms FROM (
       SELECT startMs + durationMs AS endMs FROM segments
       WHERE camera = :camera AND startMs < :beforeMs
       ORDER BY startMs DESC LIMIT ${overlapping})`,
  );
  const columns = `startMs, startMs + durationMs AS endMs, state = 'stored' AS isStored`;
  const inRange = segmentsBy(
    database.prepare(
      `SELECT ${columns} FROM segments
       WHERE camera = :camera AND startMs >= :firstMs AND startMs < :toMs
         AND startMs + durationMs > :fromMs
       ORDER BY startMs`,
    ),
  );
  const before = segmentsBy(
    database.prepare(
      `SELECT ${columns} FROM segments
       WHERE camera = :camera AND startMs < :fromMs AND startMs + durationMs <= :fromMs
         AND durationMs > 0
       ORDER BY startMs DESC LIMIT ${overlapping}`,
    ),
  );
  const after = segmentsBy(
    database.prepare(
      `SELECT ${columns} FROM segments
       WHERE camera = :camera AND startMs >= :toMs AND durationMs > 0
       ORDER BY startMs LIMIT 1`,
    ),
  );
  // Two ranges of two indexes: otherwise all losses before the range would be read.
  const lossColumns = 'startMs, startMs + durationMs AS endMs, cause, detail, hole AS isHole';
  const lossesIn = database.prepare(
    `SELECT ${lossColumns} FROM losses
     WHERE camera = :camera AND startMs >= :fromMs - ${longLossMs} AND startMs < :toMs
       AND startMs + durationMs > :fromMs
     UNION ALL
     SELECT ${lossColumns} FROM losses INDEXED BY longLosses
     WHERE camera = :camera AND startMs < :fromMs - ${longLossMs} AND durationMs > ${longLossMs}
       AND startMs + durationMs > :fromMs
     ORDER BY startMs, endMs DESC, cause`,
  );
  const nthStart = database.prepare(
    `SELECT startMs FROM segments WHERE camera = :camera AND startMs > :afterMs
     ORDER BY startMs LIMIT 1 OFFSET :count - 1`,
  );
  const stateAt = database.prepare(
    `SELECT atMs, state FROM states WHERE camera = :camera AND atMs <= :nowMs
     ORDER BY atMs DESC LIMIT 1`,
  );
  const causeBefore = database.prepare(
    `SELECT atMs FROM states WHERE camera = :camera AND atMs <= :fromMs AND state <> 'recording'
     ORDER BY atMs DESC LIMIT 1`,
  );
  const statesIn = database.prepare(
    `SELECT atMs, state, detail FROM states
     WHERE camera = :camera AND atMs >= :sinceMs AND atMs <= :toMs ORDER BY atMs`,
  );

  /** Begin and end of a camera's time. */
  const lifeOf = (camera: number, nowMs: number): readonly [number, number] => {
    const row = findCamera.get(camera) ?? {};
    const createdMs = number(row['createdMs']);
    const removedMs = row['removedMs'] === null ? Infinity : number(row['removedMs']);
    if (row['enrolledMs'] === null && removedMs <= createdMs) {
      const end = lastEnd.get({ camera, beforeMs: Number.MAX_SAFE_INTEGER })?.['ms'] ?? 0;
      return [Number(firstStart.get(camera)?.['ms'] ?? 0), Math.min(Number(end), nowMs)];
    }
    const enrolledMs = row['enrolledMs'] === null ? createdMs : number(row['enrolledMs']);
    return [enrolledMs, Math.min(removedMs, nowMs)];
  };

  /** Start of the footage that is no segment yet; undefined if there is none. */
  const openSince = (camera: number, { nowMs, isRecording }: ContinuityRange) => {
    const state = isRecording ? stateAt.get({ camera, nowMs }) : undefined;
    if (state?.['state'] !== 'recording') return undefined;
    const ended = lastEnd.get({ camera, beforeMs: nowMs })?.['ms'] ?? beginning;
    return Math.max(number(state['atMs']), Number(ended));
  };

  /** The states of a range, and earlier ones back to the newest that is a cause. */
  const statesOf = (camera: number, fromMs: number, toMs: number): StateRow[] => {
    const sinceMs = number(causeBefore.get({ camera, fromMs })?.['atMs'] ?? fromMs);
    return statesIn.all({ camera, sinceMs, toMs }).map(readState);
  };

  const sumUpRange = (name: CameraName, range: ContinuityRange) => {
    const camera = ids.require(name);
    const [beginMs, endMs] = lifeOf(camera, range.nowMs);
    const fromMs = Math.max(range.fromMs, beginMs);
    const toMs = Math.max(Math.min(range.toMs, endMs), fromMs);

    const footage = { stored: new Stretches(), spooled: new Stretches(), holes: new Stretches() };
    const segments = { stored: 0, spooled: 0 };
    let [firstMs, knownToMs] = [Infinity, endMs];
    const add = ([startMs, segmentEndMs, isStored]: SegmentStretch): void => {
      const state = isStored === 1 ? 'stored' : 'spooled';
      footage[state].add(startMs, segmentEndMs);
      const isCounted = range.isContinued !== true || startMs >= fromMs;
      if (isCounted && startMs < toMs && segmentEndMs > fromMs) segments[state] += 1;
      if (startMs < firstMs) firstMs = startMs;
    };
    for (const row of before({ camera, fromMs })) add(row);
    for (const row of inRange({ camera, firstMs: fromMs - longestMs, fromMs, toMs })) add(row);
    for (const row of after({ camera, toMs })) {
      add(row);
      knownToMs = row[1];
    }
    const openMs = openSince(camera, range);
    if (openMs !== undefined) footage.spooled.add(openMs, range.nowMs);

    // Without earlier or later footage, a gap extends to the begin or end of the camera's time.
    const knownFromMs = firstMs < fromMs ? firstMs : beginMs;
    const states = statesOf(camera, knownFromMs, knownToMs + noticedWithinMs);
    const losses = lossesIn.all({ camera, fromMs: knownFromMs, toMs: knownToMs }).map(readLoss);
    for (const { startMs, endMs: lossEndMs, isHole } of losses) {
      if (isHole) footage.holes.add(startMs, lossEndMs);
    }
    const known = { footage, states, losses, fromMs: knownFromMs, toMs: knownToMs };
    return { ...sumUp(known, fromMs, toMs), segments };
  };

  const sum: ContinuityQueries['sum'] = (name, range) => {
    const { pieces: _, ...continuity } = sumUpRange(name, range);
    return continuity;
  };

  return {
    sum,
    days: prepareDaySums(database, ids, sum),
    startOfNext: (name, afterMs, count) => {
      const startMs = nthStart.get({ camera: ids.require(name), afterMs, count })?.['startMs'];
      return startMs === undefined ? undefined : number(startMs);
    },
    timeline(name, range) {
      const { gaps: _, causes: __, segments: ___, ...timeline } = sumUpRange(name, range);
      return timeline;
    },
  };
}

/** `isStored` is 1 or 0. An array, since creating half a million objects would be slow. */
type SegmentStretch = readonly [startMs: number, endMs: number, isStored: number];

function segmentsBy(
  statement: StatementSync,
): (parameters: Record<string, number>) => Iterable<SegmentStretch> {
  statement.setReturnArrays(true);
  // Node's types know only rows that are objects.
  return (parameters) =>
    statement.iterate(parameters) as Iterable<unknown> as Iterable<SegmentStretch>;
}
