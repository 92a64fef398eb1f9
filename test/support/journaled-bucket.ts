import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startJournal } from '../../src/catalog/journal.ts';
import { type Ledger, openLedger } from '../../src/ledger/ledger.ts';
import type { SegmentRecord } from '../../src/model/segment.ts';
import type { PublicKey } from '../../src/model/public-key.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import type { CameraName } from '../../src/model/camera-name.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';
import type { S3Address } from '../stand-ins/s3-server.ts';
import { TestBucket } from './bucket.ts';

export function keyNumber(n: number): PublicKey {
  return {
    algorithm: 'ssh-ed25519',
    blob: Buffer.from(`blob ${n}`),
    fingerprint: `SHA256:${n}`,
    comment: `key ${n}`,
  };
}

/** A bucket with the ledger of a daemon that works with it, and none of the daemon's other parts. */
export class JournaledBucket implements AsyncDisposable {
  readonly bucket: TestBucket;
  readonly store: ObjectStore;
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-journal-'));
  readonly file = join(this.directory, 'ledger', 'ledger.sqlite');
  ledger: Ledger;

  private constructor(bucket: TestBucket, prefix: string) {
    this.bucket = bucket;
    this.store = bucket.open({ prefix });
    this.ledger = openLedger(this.file);
  }

  static async start(address: S3Address, prefix = '', withLock = false): Promise<JournaledBucket> {
    return new JournaledBucket(await TestBucket.create(address, withLock), prefix);
  }

  /** Another ledger of the same bucket, as if this one were lost. */
  begin(file: string): void {
    this.ledger[Symbol.dispose]();
    this.ledger = openLedger(join(this.directory, file, 'ledger.sqlite'));
  }

  /** Puts random footage of a minute into the bucket, and notes it if `noted`. */
  async putMinute(
    camera: CameraName,
    startMs: number,
    noted = true,
  ): Promise<SegmentRecord & { readonly key: string }> {
    const content = Buffer.from(`${camera.account} ${camera.camera} ${startMs} ${Math.random()}`);
    const path = join(this.directory, 'out.mp4');
    await writeFile(path, content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const segment = { ...camera, startMs, durationMs: 60_000, bytes: content.length, sha256 };
    const proof = await this.store.put({ ...segment, path }, new AbortController().signal);
    if (noted) {
      this.ledger.segments.spooled(segment);
      this.ledger.segments.stored(segment, proof);
    }
    return { ...segment, key: proof.key };
  }

  /** Writes what has changed into the bucket, as a daemon does as it stops. */
  async flush(log: Log = silentLog): Promise<void> {
    const { ledger, store } = this;
    const journal = startJournal({
      ledger,
      store,
      clock: systemClock,
      log,
      everyMs: 60_000,
      finishMs: 30_000,
    });
    await journal[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.ledger[Symbol.dispose]();
    this.store[Symbol.dispose]();
    this.bucket[Symbol.dispose]();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
