import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { hex, number, optional, type Row, text } from './rows.ts';
import { longestMs } from './segments.ts';
import type { SegmentInit } from '../model/segment.ts';

/** A segment as players need to know it. Times are milliseconds since 1970 UTC, sizes bytes. */
export interface FootageSegment {
  readonly startMs: number;
  readonly durationMs: number;
  readonly bytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly state: 'spooled' | 'stored';
  readonly objectKey?: string;
  /** Absent: nobody has looked yet. */
  readonly init?: SegmentInit;
}

export interface FootageQueries {
  /**
   * The segments of a camera that have footage between two times (the second exclusive), in the order
   * of time; at most `limit`.
   *
   * @throws {UnknownNameError} for a name that never had footage nor was added
   */
  list(
    camera: CameraName,
    range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  ): FootageSegment[];
  /** A segment of a camera; undefined if there is none. */
  find(
    camera: CameraName,
    segment: { readonly startMs: number; readonly sha256: string },
  ): FootageSegment | undefined;
  /** The newest segment that has a moment; undefined if none has. */
  at(camera: CameraName, atMs: number): FootageSegment | undefined;
  /** Notes where the media of segments begin. */
  noteInits(
    camera: CameraName,
    inits: readonly {
      readonly startMs: number;
      readonly sha256: string;
      readonly init: SegmentInit;
    }[],
  ): void;
}

const columns = 'startMs, durationMs, sha256, bytes, state, objectKey, initBytes, initHash';

function readSegment(row: Row): FootageSegment {
  const initBytes = row['initBytes'];
  return {
    startMs: number(row, 'startMs'),
    durationMs: number(row, 'durationMs'),
    bytes: number(row, 'bytes'),
    sha256: hex(row, 'sha256'),
    state: row['state'] === 'stored' ? 'stored' : 'spooled',
    ...optional(row, 'objectKey', text),
    ...(initBytes === null
      ? {}
      : { init: { bytes: Number(initBytes), hash: hex(row, 'initHash') } }),
  };
}

export function prepareFootage(database: DatabaseSync, ids: CameraIds): FootageQueries {
  const inRange = database.prepare(
    `SELECT ${columns} FROM segments
     WHERE camera = ? AND startMs >= ? AND startMs < ? AND startMs + durationMs > ?
     ORDER BY startMs, sha256 LIMIT ?`,
  );
  const one = database.prepare(
    `SELECT ${columns} FROM segments WHERE camera = ? AND startMs = ? AND sha256 = ?`,
  );
  // Those that began last are looked at first, and all but always the first one has it.
  const at = database.prepare(
    `SELECT ${columns} FROM segments
     WHERE camera = ? AND startMs >= ? AND startMs <= ? AND startMs + durationMs > ?
     ORDER BY startMs DESC LIMIT 1`,
  );
  const note = database.prepare(
    `UPDATE segments SET initBytes = ?, initHash = ?
     WHERE camera = ? AND startMs = ? AND sha256 = ?`,
  );
  return {
    list: (camera, { fromMs, toMs, limit }) =>
      inRange.all(ids.require(camera), fromMs - longestMs, toMs, fromMs, limit).map(readSegment),
    find(camera, { startMs, sha256 }) {
      const row = one.get(ids.require(camera), startMs, Buffer.from(sha256, 'hex'));
      return row && readSegment(row);
    },
    at(camera, atMs) {
      const row = at.get(ids.require(camera), atMs - longestMs, atMs, atMs);
      return row && readSegment(row);
    },
    noteInits: (camera, inits) =>
      transaction(database, () => {
        const id = ids.require(camera);
        for (const { startMs, sha256, init } of inits) {
          const hash = Buffer.from(init.hash, 'hex');
          note.run(init.bytes, hash, id, startMs, Buffer.from(sha256, 'hex'));
        }
      }),
  };
}
