import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import type { Camera } from '../model/camera.ts';
import { HttpError } from '../lib/http-error.ts';
import { type FootageSource, FootageGoneError } from './source.ts';
import { moveTo } from '../media/mp4/edit.ts';
import { durationOf, type Run } from '../media/mp4/runs.ts';
import { type MediaFragment, readFragments } from '../media/mp4/stream.ts';
import type { FootageSegment } from '../model/segment.ts';

/** Longer gaps without footage are left out; shorter ones show the last picture. */
const seamMs = 1000;

export interface Wanted {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The format changed within the export, but one file can have only one format. */
export class FormatChangedError extends HttpError {
  readonly atMs: number;

  /** @param atMs since when the footage has another format */
  constructor(atMs: number) {
    super(
      409,
      `The format of the picture or the sound changed at ${new Date(atMs).toISOString()}. Export up to then, and from then on.`,
    );
    this.atMs = atMs;
  }
}

/** Joins segments into one fragmented file with continuous media times. */
export class ExportFile {
  readonly #file: FileHandle;
  readonly #wanted: Wanted;
  /** Hash of the format description, which all segments must share. */
  #hash: string | undefined;
  /** End of the footage so far, on the wall clock, and how much time was left out before it. */
  #endMs: number | undefined;
  #leftOutMs = 0;
  /** End of each track in the file, in ticks. */
  readonly #ends = new Map<number, number>();

  constructor(file: FileHandle, wanted: Wanted) {
    this.#file = file;
    this.#wanted = wanted;
  }

  /**
   * Appends the wanted part of a segment, beginning with a key frame. Reads the whole segment and
   * compares it with its hash.
   *
   * @throws {HttpError} if the segment is damaged or its format differs from the earlier ones'
   */
  async append(
    footage: FootageSource,
    camera: Camera,
    segment: FootageSegment,
    signal: AbortSignal,
  ): Promise<void> {
    await using file = await footage.open(camera, segment);
    const hash = createHash('sha256');
    const hashed = async function* () {
      for await (const chunk of file.read(signal)) {
        hash.update(chunk);
        yield chunk;
      }
    };
    // Until the first wanted picture: the newest key frame and the fragments after it.
    let held: MediaFragment[] = [];
    let isInside = false;
    let atMs = 0;
    for await (const part of readFragments(hashed())) {
      if ('init' in part) {
        await this.#begin(part.init.bytes, part.init.summary.hash, segment);
        continue;
      }
      const pictures = part.runs.find(({ track }) => track.kind === 'vide');
      if (pictures !== undefined) atMs = segment.startMs + msOf(pictures.start, pictures);
      if (atMs >= this.#wanted.toMs) continue;
      if (!isInside) {
        if (pictures?.isSync === true) held = [];
        held.push(part);
        const endMs = atMs + (pictures === undefined ? 0 : msOf(durationOf(pictures), pictures));
        isInside = endMs > this.#wanted.fromMs;
        if (!isInside) continue;
      }
      for (const fragment of isInside && held.length > 0 ? held : [part]) {
        await this.#write(fragment, segment.startMs);
      }
      held = [];
    }
    if (hash.digest('hex') !== segment.sha256) {
      throw new HttpError(
        409,
        `The footage of ${new Date(segment.startMs).toISOString()} is not what was recorded: its SHA-256 is another.`,
      );
    }
  }

  async #begin(init: Buffer, hash: string, { startMs }: FootageSegment): Promise<void> {
    if (this.#hash === undefined) {
      this.#hash = hash;
      await this.#file.write(init);
    } else if (hash !== this.#hash) {
      throw new FormatChangedError(startMs);
    }
  }

  async #write({ moof, mdat, runs }: MediaFragment, segmentStartMs: number): Promise<void> {
    const pictures = runs.find(({ track }) => track.kind === 'vide');
    if (pictures !== undefined) {
      const startMs = segmentStartMs + msOf(pictures.start, pictures);
      this.#endMs ??= startMs;
      if (startMs - this.#endMs > seamMs) this.#leftOutMs += startMs - this.#endMs;
      this.#endMs = Math.max(this.#endMs, startMs + msOf(durationOf(pictures), pictures));
      this.#firstMs ??= startMs;
    }
    const baseMs = segmentStartMs - (this.#firstMs ?? segmentStartMs) - this.#leftOutMs;
    for (const run of runs) {
      const { id, timescale } = run.track;
      const wished = run.start + Math.round((baseMs * timescale) / 1000);
      // Sound may reach a little into the next segment, but times must never go back.
      const start = Math.max(wished, this.#ends.get(id) ?? 0);
      moveTo(run, start);
      this.#ends.set(id, start + durationOf(run));
    }
    await this.#file.write(moof);
    await this.#file.write(mdat);
  }

  #firstMs: number | undefined;
}

const msOf = (ticks: number, { track }: Run): number => (ticks * 1000) / track.timescale;

/** As {@link ExportFile.append}, but finds the segment again if it was moved meanwhile. */
export async function appendSegment(
  output: ExportFile,
  footage: FootageSource,
  camera: Camera,
  find: () => FootageSegment | undefined,
  signal: AbortSignal,
): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    const segment = find();
    if (segment === undefined) throw new HttpError(409, 'Some of the footage is gone.');
    try {
      await output.append(footage, camera, segment, signal);
      return;
    } catch (error) {
      if (!(error instanceof FootageGoneError)) throw error;
      if (tries > 0) {
        throw new HttpError(409, 'Some of the footage is gone.', { cause: error });
      }
    }
  }
}
