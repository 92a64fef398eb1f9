import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { takePicture } from '../../src/camera/picture.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { type RtspCamera, startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { ffmpeg } from '../support/tools.ts';

const pictures = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('cctv-picture-'));

describe('a picture', () => {
  let camera: RtspCamera;
  let directory = '';
  before(async () => {
    camera = await startRtspCamera({ video: 'h264' });
    directory = mkdtempSync(join(tmpdir(), 'picture-programs-'));
  });
  after(async () => {
    await camera[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  const program = (script: string): string => {
    const file = join(directory, 'program');
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const take = (how: { program?: string; withinMs?: number; signal?: AbortSignal } = {}) =>
    takePicture({
      program: ffmpeg(),
      relayUrl: camera.url,
      withinMs: 10_000,
      signal: new AbortController().signal,
      ...how,
    });

  it('is a JPEG of what the stream shows', async () => {
    const picture = await take();
    assert.deepEqual([...picture.subarray(0, 3)], [0xff, 0xd8, 0xff]);
    assert.deepEqual([...picture.subarray(-2)], [0xff, 0xd9]);
  });

  it('that does not come is told of in time, and leaves nothing behind', async () => {
    const left = pictures();
    const refused = (how: Parameters<typeof take>[0], message: RegExp) =>
      assert.rejects(
        take(how),
        (error) => error instanceof OperatorError && message.test(error.message),
      );
    await refused({ program: program('exec sleep 60'), withinMs: 200 }, /came within 0\.2 s/);
    await refused({ program: program('exit 1') }, /No picture came: .*Try again/);
    const gaveUp = new AbortController();
    setTimeout(() => gaveUp.abort(new Error('nobody waits')), 100);
    await assert.rejects(
      take({ program: program('exec sleep 60'), signal: gaveUp.signal }),
      /nobody waits/,
    );
    assert.deepEqual(
      pictures().filter((name) => !left.includes(name)),
      [],
    );
  });
});
