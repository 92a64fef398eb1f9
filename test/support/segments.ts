import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CameraName } from '../../src/model/camera-name.ts';
import type { FinishedFile, Segment } from '../../src/model/segment.ts';
import type { Spool } from '../../src/spool/spool.ts';

export const frontDoor: CameraName = { account: 'bach', camera: 'front-door' };
export const garden: CameraName = { account: 'bach', camera: 'garden' };

/** 2026-11-23 01:42 UTC. */
export const someTimeMs = Date.UTC(2026, 10, 23, 1, 42);

/** A directory that is gone when the test is over. */
export async function temporaryDirectory(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'cctv-spool-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

export const sha256Of = (content: Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** Writes random bytes where an archiver would, as if they were a minute of footage. */
export async function writeFootage(
  spool: Spool,
  camera: CameraName,
  minute: number,
  bytes = 2_000,
): Promise<FinishedFile> {
  const path = join(await spool.runDirectory(camera), 'out.mp4');
  await writeFile(path, randomBytes(bytes));
  return { path, startMs: someTimeMs + minute * 60_000, durationMs: 60_000 };
}

/** As {@link writeFootage}, and publishes it. */
export async function publishFootage(
  spool: Spool,
  camera: CameraName,
  minute: number,
  bytes?: number,
): Promise<Segment> {
  return await spool.publish(camera, await writeFootage(spool, camera, minute, bytes));
}
