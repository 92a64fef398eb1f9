import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Gap } from '../../src/contract/continuity.ts';
import { parseSegmentFileName } from '../../src/model/segment-name.ts';
import type { ReadBucket } from './bucket.ts';
import type { Scene } from './fault.ts';
import { startAgain } from './kinds/daemon.ts';
import { signal } from './programs.ts';

const lookEveryMs = 100;

/** Remembers each segment that was ever in the spool, and starts a daemon that died by itself again. */
export class Watchman implements AsyncDisposable {
  readonly #scene: Scene;
  /** Path below ready/, by name. */
  readonly #seen = new Map<string, string>();
  readonly #timer: NodeJS.Timeout;
  #starting: Promise<void> | undefined;

  constructor(scene: Scene) {
    this.#scene = scene;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  /** What is in the spool now: segments, and files that are none yet. */
  waiting(): string[] {
    return [...this.#files('ready'), ...this.#files('recording')];
  }

  /** Segments that the daemon deleted or lost without a proof that they are stored. */
  unproven(bucket: ReadBucket, gaps: ReadonlyMap<string, readonly Gap[]>): string[] {
    this.#look();
    const stored = new Set(bucket.segments.map(({ name }) => name));
    const kept = new Set(
      [...this.waiting(), ...this.#files('damaged')].map((one) => basename(one)),
    );
    return [...this.#seen]
      .filter(
        ([name, path]) =>
          !stored.has(name) &&
          !kept.has(name) &&
          !this.#scene.harmed.has(name) &&
          !wasDropped(path, gaps),
      )
      .map(([, path]) => path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#starting;
  }

  #look(): void {
    for (const file of this.#files('ready')) this.#seen.set(basename(file), file);
    const { site, daemonAway, troubles } = this.#scene;
    if (daemonAway > 0 || this.#starting !== undefined || signal(site.daemonPid, 0)) return;
    troubles.push(
      `the daemon died by itself; its last words: ${JSON.stringify(site.log.slice(-3))}`,
    );
    this.#starting = startAgain(this.#scene).finally(() => {
      this.#starting = undefined;
    });
  }

  #files(folder: string): string[] {
    try {
      const directory = join(this.#scene.spoolDirectory, folder);
      const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
      return files.filter((file) => file.includes('.mp4'));
    } catch {
      // A directory in it went in this moment.
      return [];
    }
  }
}

/** Whether the ledger says that a segment was dropped because the disk was full. */
function wasDropped(path: string, gaps: ReadonlyMap<string, readonly Gap[]>): boolean {
  const [account = '', camera = '', name = ''] = path.split('/');
  const segment = parseSegmentFileName({ account, camera }, name);
  if (segment === undefined) return false;
  // A part of it does: it may have had holes, which have their own cause, and overlap with another.
  const endsMs = segment.startMs + segment.durationMs;
  return (gaps.get(`${account}/${camera}`) ?? []).some(
    ({ startMs, endMs, cause }) =>
      cause === 'disk full' && startMs < endsMs && segment.startMs < endMs,
  );
}
