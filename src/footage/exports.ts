import { wallNow } from '../lib/clock.ts';
import type { ExportStatus, StartedExport } from '../contract/footage.ts';
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import type { Gap } from '../contract/continuity.ts';
import type { Camera } from '../model/camera.ts';
import { unwaited } from '../lib/background.ts';
import { Child } from '../lib/child.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { Scope } from '../lib/scope.ts';
import { rejectOnAbort } from '../lib/until.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import { evidenceText } from './evidence.ts';
import { appendSegment, ExportFile, FormatChangedError, type Wanted } from './export-file.ts';
import type { FootageSource } from './source.ts';
import { Slots } from '../lib/slots.ts';
import { fileTime } from '../lib/time.ts';
import type { FootageSegment } from '../model/segment.ts';
import { gapsForOwners } from '../continuity/owners-view.ts';

const maxRangeMs = 24 * 3_600_000;
const maxBytes = 20e9;
const maxSegments = 20_000;
/** Limits of exports that are under way or ready, per owner and in total. */
const maxEach = 10;
const maxInAll = 50;
/** How long an ended export is kept. */
const keptMs = 6 * 3_600_000;
const sweepEveryMs = 10 * 60_000;
/** Bytes that must stay free on the disk for recording. */
const reserveBytes = 1e9;
const maxMemoryBytes = 1024 ** 3;

export interface ExportsOptions {
  readonly ledger: Ledger;
  readonly footage: FootageSource;
  /** Used only for exports: its content is deleted at the start. */
  readonly directory: string;
  /** The program ffmpeg. */
  readonly program: string;
  readonly isRecording: (camera: CameraName) => boolean;
  readonly log: Log;
  readonly version: string;
  readonly keptMs?: number;
}

export interface ExportRequest extends Wanted {
  /** Who may fetch the export. */
  readonly owner: string;
  readonly timeZone: string;
  /** Whether gaps are described in detail, for an operator. */
  readonly withDetails?: boolean;
}

interface Job {
  readonly camera: Camera;
  readonly request: ExportRequest;
  readonly segments: readonly FootageSegment[];
  readonly gaps: readonly Gap[];
  readonly path: string;
  status: ExportStatus;
  evidence: string;
  endedAt: number | undefined;
}

/** Makes one MP4 file of a time range of footage, without re-encoding; keeps it for some hours. */
export class Exports implements AsyncDisposable {
  readonly #options: ExportsOptions;
  readonly #jobs = new Map<string, Job>();
  readonly #life = new Scope();
  readonly #slots = new Slots(1, maxInAll);
  readonly #underWay = new Set<Promise<void>>();
  readonly #sweeper: NodeJS.Timeout;

  static async open(options: ExportsOptions): Promise<Exports> {
    await rm(options.directory, { recursive: true, force: true });
    await mkdir(options.directory, { recursive: true, mode: 0o700 });
    return new Exports(options);
  }

  private constructor(options: ExportsOptions) {
    this.#options = options;
    this.#sweeper = setInterval(() => {
      unwaited(this.sweep(performance.now()), options.log, 'old exports could not be deleted');
    }, sweepEveryMs);
  }

  /** @throws {HttpError} if it is too long or large, or there are too many; 404 without footage */
  async start(camera: Camera, request: ExportRequest): Promise<StartedExport> {
    const { fromMs, toMs, owner, timeZone } = request;
    if (toMs - fromMs > maxRangeMs) {
      throw new HttpError(400, 'An export has at most 24 hours. Export it in parts.');
    }
    const jobs = [...this.#jobs.values()];
    if (
      jobs.length >= maxInAll ||
      jobs.filter((job) => job.request.owner === owner).length >= maxEach
    ) {
      throw new HttpError(429, 'There are too many exports already. They go after some hours.');
    }
    const { ledger, directory, isRecording } = this.#options;
    const segments = withoutDoubles(
      ledger.footage.list(camera, { fromMs, toMs, limit: maxSegments + 1 }),
    );
    if (segments.length === 0) throw new HttpError(404, 'There is no footage of that time.');
    if (segments.length > maxSegments) {
      throw new HttpError(400, 'These are too many segments. Export it in parts.');
    }
    const estimatedBytes = Math.round(
      segments.reduce((sum, one) => sum + one.bytes * shareOf(one, request), 0),
    );
    if (estimatedBytes > maxBytes) {
      throw new HttpError(400, 'An export has at most 20 GB. Export it in parts.');
    }
    const nowMs = wallNow();
    const continuity = ledger.continuity.sum(camera, {
      fromMs,
      toMs,
      nowMs,
      isRecording: isRecording(camera),
    });
    const gaps = request.withDetails === true ? continuity.gaps : gapsForOwners(continuity.gaps);
    const disk = await statfs(directory);
    // The file is written twice: first joined, then with an index at its beginning.
    if (disk.bavail * disk.bsize < 2.2 * estimatedBytes + reserveBytes) {
      throw new HttpError(507, 'The server has no room for it now.');
    }
    const id = randomBytes(16).toString('base64url');
    const fileName = `${camera.account}_${camera.camera}_${fileTime(fromMs, timeZone)}.mp4`;
    const job: Job = {
      camera,
      request,
      segments,
      gaps,
      path: join(directory, `${id}.mp4`),
      status: { id, camera: camera.camera, state: 'waiting', progress: 0, fileName },
      evidence: '',
      endedAt: undefined,
    };
    this.#jobs.set(id, job);
    const running = this.#run(job).finally(() => this.#underWay.delete(running));
    unwaited(running, this.#options.log, 'an export could not be tidied up');
    this.#underWay.add(running);
    return { id, fileName, gaps, estimatedBytes };
  }

  /** @throws {HttpError} 404 if the owner has no export with this id */
  status(owner: string, id: string): ExportStatus {
    return this.#require(owner, id).status;
  }

  /** @throws {HttpError} 404 if the owner has no export with this id; 409 if it is not ready */
  file(owner: string, id: string): ExportStatus & { readonly path: string; readonly text: string } {
    const { status, path, evidence } = this.#require(owner, id);
    if (status.state !== 'done') throw new HttpError(409, 'The export is not ready.');
    return { ...status, path, text: evidence };
  }

  /** Deletes exports that ended long enough before `now` (on the monotonic clock). */
  async sweep(now: number): Promise<void> {
    for (const [id, { endedAt, path }] of this.#jobs) {
      if (endedAt === undefined || now - endedAt < (this.#options.keptMs ?? keptMs)) continue;
      this.#jobs.delete(id);
      await rm(path, { force: true });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sweeper);
    this.#life.end(new Error('the daemon is stopping'));
    await Promise.all(this.#underWay);
    await rm(this.#options.directory, { recursive: true, force: true });
  }

  #require(owner: string, id: string): Job {
    const job = this.#jobs.get(id);
    if (job?.request.owner !== owner) throw notThere();
    return job;
  }

  async #run(job: Job): Promise<void> {
    const { log } = this.#options;
    const fields = { camera: formatCameraName(job.camera), owner: job.request.owner };
    const set = (status: Partial<ExportStatus>) => (job.status = { ...job.status, ...status });
    try {
      await this.#slots.run(async () => {
        this.#life.signal.throwIfAborted();
        set({ state: 'running' });
        await this.#make(job, (progress) => set({ progress }));
      });
      log.info('footage was exported', { ...fields, bytes: job.status.bytes });
    } catch (error) {
      await rm(job.path, { force: true });
      const told = error instanceof HttpError ? error.message : 'The export failed.';
      const changed = error instanceof FormatChangedError && { changedAtMs: error.atMs };
      set({ state: 'failed', error: told, ...changed });
      if (!this.#life.signal.aborted) {
        log.warn('an export failed', { ...fields, cause: describeError(error) });
      }
    }
    job.endedAt = performance.now();
  }

  async #make(job: Job, onProgress: (progress: number) => void): Promise<void> {
    const { ledger, footage, version } = this.#options;
    const { camera, request, segments, path } = job;
    const joined = `${path}.joined`;
    using scope = new Scope(this.#life.signal);
    const { signal } = scope;
    try {
      {
        await using file = await open(joined, 'w', 0o600);
        const output = new ExportFile(file, request);
        for (const [i, segment] of segments.entries()) {
          const find = () => ledger.footage.find(camera, segment);
          await appendSegment(output, footage, camera, find, signal);
          onProgress((0.8 * (i + 1)) / segments.length);
        }
      }
      await this.#index(joined, path, signal);
      onProgress(0.9);
    } finally {
      await rm(joined, { force: true });
    }
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path, { signal })) hash.update(chunk as Buffer);
    const { size: bytes } = await stat(path);
    const sha256 = hash.digest('hex');
    const { fileName } = job.status;
    job.evidence = evidenceText({
      camera,
      segments,
      gaps: job.gaps,
      fileName,
      bytes,
      sha256,
      version,
      fromMs: request.fromMs,
      toMs: request.toMs,
      timeZone: request.timeZone,
      madeMs: wallNow(),
    });
    const expiresMs = wallNow() + (this.#options.keptMs ?? keptMs);
    job.status = { ...job.status, state: 'done', progress: 1, bytes, sha256, expiresMs };
  }

  /** Writes the file with one index at its beginning, which every player accepts. */
  async #index(from: string, to: string, signal: AbortSignal): Promise<void> {
    await using ffmpeg = new Child({
      name: 'export',
      file: this.#options.program,
      // biome-ignore format: each option with its value
      args: [
        '-nostdin',
        '-loglevel', 'error',
        '-threads', '1',
        '-i', from,
        '-map', '0',
        '-c', 'copy',
        '-movflags', '+faststart',
        '-f', 'mp4',
        '-y', to,
      ],
      graceMs: 1_000,
      memoryBytes: maxMemoryBytes,
    });
    await Promise.race([ffmpeg.finished(), rejectOnAbort(signal)]);
  }
}

/** The wanted share of a segment, 0 to 1. */
const shareOf = ({ startMs, durationMs }: FootageSegment, { fromMs, toMs }: Wanted): number =>
  durationMs === 0
    ? 0
    : (Math.min(startMs + durationMs, toMs) - Math.max(startMs, fromMs)) / durationMs;

/** Two lives of a camera may overlap: drops segments that are already covered. */
function withoutDoubles(segments: readonly FootageSegment[]): FootageSegment[] {
  let coveredMs = -Infinity;
  return segments.filter(({ startMs, durationMs }) => {
    const endMs = startMs + durationMs;
    if (durationMs === 0 || endMs <= coveredMs + 1000) return false;
    coveredMs = endMs;
    return true;
  });
}
