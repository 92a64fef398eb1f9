import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../model/camera-name.ts';
import type { FootageSegment, SegmentCursor, SegmentInit } from '../model/segment.ts';
import type { CameraIds } from './camera-ids.ts';
import { transaction } from './database.ts';
import { blobOf, hex, number, optional, reader, type Row, text, word } from './read.ts';
import { longestMs } from './segments.ts';

/** All methods throw {@link UnknownNameError} if the name was never added and has no footage. */
export interface FootageQueries {
  /**
   * The segments of a camera that overlap a range (`toMs` exclusive), in the order of time; at most
   * `limit`.
   */
  list(
    camera: CameraName,
    range: { readonly fromMs: number; readonly toMs: number; readonly limit: number },
  ): FootageSegment[];
  /** A segment of a camera; undefined if the camera doesn't have it. */
  find(camera: CameraName, segment: SegmentCursor): FootageSegment | undefined;
  /** The newest segment that contains a moment; undefined if none does. */
  at(camera: CameraName, atMs: number): FootageSegment | undefined;
  /** Notes the inits of segments. */
  noteInits(
    camera: CameraName,
    inits: readonly (SegmentCursor & { readonly init: SegmentInit })[],
  ): void;
}

const columns = 'startMs, durationMs, sha256, bytes, state, objectKey, initBytes, initHash';

const readColumns = reader<Omit<FootageSegment, 'init'>>({
  startMs: number,
  durationMs: number,
  bytes: number,
  sha256: hex,
  state: word(),
  objectKey: optional(text),
});

function readSegment(row: Row): FootageSegment {
  const segment = readColumns(row);
  if (row['initBytes'] === null) return segment;
  return { ...segment, init: { bytes: number(row['initBytes']), hash: hex(row['initHash']) } };
}

export function prepareFootage(database: DatabaseSync, ids: CameraIds): FootageQueries {
  const inRange = database.prepare(
    `SELECT ${columns} FROM segments
     WHERE camera = :camera AND startMs >= :firstMs AND startMs < :toMs
       AND startMs + durationMs > :fromMs
     ORDER BY startMs, sha256 LIMIT :limit`,
  );
  const one = database.prepare(
    `SELECT ${columns} FROM segments
     WHERE camera = :camera AND startMs = :startMs AND sha256 = :sha256`,
  );
  // Searches from the latest start backwards; nearly always, the first segment contains the moment.
  const at = database.prepare(
    `SELECT ${columns} FROM segments
     WHERE camera = :camera AND startMs >= :firstMs AND startMs <= :atMs
       AND startMs + durationMs > :atMs
     ORDER BY startMs DESC LIMIT 1`,
  );
  const note = database.prepare(
    `UPDATE segments SET initBytes = :bytes, initHash = :hash
     WHERE camera = :camera AND startMs = :startMs AND sha256 = :sha256`,
  );
  return {
    list: (name, { fromMs, toMs, limit }) =>
      inRange
        .all({ camera: ids.require(name), firstMs: fromMs - longestMs, fromMs, toMs, limit })
        .map(readSegment),
    find(name, { startMs, sha256 }) {
      const row = one.get({ camera: ids.require(name), startMs, sha256: blobOf(sha256) });
      return row && readSegment(row);
    },
    at(name, atMs) {
      const row = at.get({ camera: ids.require(name), firstMs: atMs - longestMs, atMs });
      return row && readSegment(row);
    },
    noteInits: (name, inits) =>
      transaction(database, () => {
        const camera = ids.require(name);
        for (const { startMs, sha256, init } of inits) {
          const { bytes, hash } = init;
          note.run({ camera, startMs, sha256: blobOf(sha256), bytes, hash: blobOf(hash) });
        }
      }),
  };
}
