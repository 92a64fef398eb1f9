import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Camera } from '../model/camera.ts';
import { Child } from '../lib/child.ts';
import { Scope } from '../lib/scope.ts';
import { rejectOnAbort, within } from '../lib/until.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { FootageSource } from './source.ts';
import { Slots } from '../lib/slots.ts';
import { readFragments } from '../media/mp4/stream.ts';
import type { FootageSegment } from '../model/segment.ts';

const width = 320;
const withinMs = 10_000;
const maxMemoryBytes = 512 * 1024 ** 2;
/** Limits of decoding programs, and of waiting requests, which are many while a user drags. */
const atOnce = 2;
const maxWaiting = 60;
const maxKeptBytes = 48 * 1024 ** 2;
/** Each cached picture counts as at least this many bytes. */
const leastBytes = 1024;

interface KeyFrame {
  /** Time from the segment's start. */
  readonly offsetMs: number;
  /** A file whose first picture is the key frame. */
  readonly file: Buffer;
}

/** Makes and caches small pictures of the footage. */
export class Previews implements AsyncDisposable {
  readonly #footage: FootageSource;
  readonly #program: string;
  readonly #pausedWhy: () => string | undefined;
  readonly #life = new Scope();
  readonly #slots = new Slots(atOnce, maxWaiting);
  readonly #underWay = new Map<string, Promise<Buffer>>();
  /** Cache by segment and time of the key frame, the most recently used at the end. */
  readonly #kept = new Map<string, Buffer>();
  /** The known times of key frames, before `toMs`, of each segment that was read. */
  readonly #keyFrames = new Map<string, { readonly offsets: number[]; readonly toMs: number }>();
  #keptBytes = 0;

  /** @param pausedWhy why none are made for now, in words for viewers; undefined: they are */
  constructor(
    footage: FootageSource,
    program: string,
    pausedWhy: () => string | undefined = () => undefined,
  ) {
    this.#footage = footage;
    this.#program = program;
    this.#pausedWhy = pausedWhy;
  }

  /**
   * The key frame at or before `atMs`, as JPEG.
   *
   * @throws {HttpError} 404 if there is none; 503 if too many are asked for, or none are made for now
   */
  async get(camera: Camera, segment: FootageSegment, atMs: number): Promise<Buffer> {
    const wantedMs = atMs - segment.startMs;
    const known = this.#keyFrames.get(segment.sha256);
    if (known !== undefined && wantedMs < known.toMs) {
      const offset = known.offsets.findLast((ms) => ms <= wantedMs) ?? known.offsets[0];
      const kept = this.#find(`${segment.sha256} ${offset}`);
      if (kept !== undefined) return kept;
    }
    const paused = this.#pausedWhy();
    if (paused !== undefined) throw new HttpError(503, paused);
    // Requests for nearly the same time share one result.
    const key = `${segment.sha256} at ${Math.floor(wantedMs / 500)}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) return underWay;
    const making = this.#slots
      .run(() => this.#make(camera, segment, wantedMs))
      .finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, making);
    return making;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#life.end(new Error('the daemon is stopping'));
    await Promise.allSettled(this.#underWay.values());
  }

  async #make(camera: Camera, segment: FootageSegment, wantedMs: number): Promise<Buffer> {
    using scope = new Scope(this.#life.signal);
    return await within(withinMs, 'the picture', scope.signal, async (signal) => {
      await using footage = await this.#footage.open(camera, segment);
      const keyFrame = await this.#findKeyFrame(segment, footage.read(signal), wantedMs);
      const key = `${segment.sha256} ${keyFrame.offsetMs}`;
      const kept = this.#find(key);
      if (kept !== undefined) return kept;
      const jpeg = await this.#decode(keyFrame.file, signal);
      this.#keep(key, jpeg);
      return jpeg;
    });
  }

  /** Reads no further than necessary. */
  async #findKeyFrame(
    { sha256 }: FootageSegment,
    source: AsyncIterable<Uint8Array>,
    wantedMs: number,
  ): Promise<KeyFrame> {
    let init: Buffer | undefined;
    let found: { readonly offsetMs: number; readonly parts: readonly Buffer[] } | undefined;
    let toMs = Infinity;
    const offsets: number[] = [];
    for await (const part of readFragments(source)) {
      if ('init' in part) {
        init = part.init.bytes;
        continue;
      }
      const pictures = part.runs.find(({ track }) => track.kind === 'vide');
      if (pictures === undefined || !pictures.isSync) continue;
      const offsetMs = (pictures.start * 1000) / pictures.track.timescale;
      if (found !== undefined && offsetMs > wantedMs) {
        toMs = offsetMs;
        break;
      }
      offsets.push(offsetMs);
      found = { offsetMs, parts: [part.moof, part.mdat] };
    }
    if (init === undefined || found === undefined) throw notThere();
    if ((this.#keyFrames.get(sha256)?.toMs ?? 0) < toMs) {
      this.#keyFrames.delete(sha256);
      this.#keyFrames.set(sha256, { offsets, toMs });
    }
    const [oldest] = this.#keyFrames.keys();
    if (this.#keyFrames.size > 5_000 && oldest !== undefined) this.#keyFrames.delete(oldest);
    return { offsetMs: found.offsetMs, file: Buffer.concat([init, ...found.parts]) };
  }

  async #decode(file: Buffer, signal: AbortSignal): Promise<Buffer> {
    const directory = await mkdtemp(join(tmpdir(), 'cctv-preview-'));
    try {
      await writeFile(join(directory, 'in.mp4'), file);
      await using ffmpeg = new Child({
        name: 'preview',
        file: this.#program,
        cwd: directory,
        // biome-ignore format: each option with its value
        args: [
          '-nostdin',
          '-loglevel', 'error',
          '-threads', '1',
          '-i', 'in.mp4',
          '-an',
          '-frames:v', '1',
          '-vf', `scale='min(${width},iw)':-2`,
          '-update', '1',
          '-q:v', '5',
          '-pix_fmt', 'yuvj420p',
          '-strict', 'unofficial',
          '-y', 'out.jpg',
        ],
        graceMs: 500,
        memoryBytes: maxMemoryBytes,
      });
      await Promise.race([ffmpeg.gone(), rejectOnAbort(signal)]);
      return await readFile(join(directory, 'out.jpg'));
    } catch (error) {
      if (signal.aborted) throw error;
      throw new HttpError(404, 'There is no picture of that time.', { cause: error });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  #find(key: string): Buffer | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    this.#kept.delete(key);
    this.#kept.set(key, kept);
    return kept;
  }

  #keep(key: string, jpeg: Buffer): void {
    if (this.#kept.has(key)) return;
    this.#kept.set(key, jpeg);
    this.#keptBytes += Math.max(jpeg.length, leastBytes);
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= maxKeptBytes) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= Math.max(length, leastBytes);
    }
  }
}
