import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { FlvError, FlvReader } from '../../src/media/flv.ts';
import { initialization } from '../../src/media/mp4/write.ts';
import type { AccessUnit } from '../../src/media/h264/depacketizer.ts';
import { KeptPictures } from '../../src/live/kept-pictures.ts';
import { Muxer, type LivePicture } from '../../src/live/muxer.ts';
import { ParameterSets, parseSequence } from '../../src/media/h264/parameter-sets.ts';
import { Viewing } from '../../src/live/viewing.ts';
import { ffmpeg } from '../support/tools.ts';
import { Watcher } from './rig.ts';

interface Clip {
  readonly flv: Buffer;
  readonly sets: Buffer[];
  readonly units: AccessUnit[];
}

async function clip(size: string, extra: readonly string[] = []): Promise<Clip> {
  const { stdout } = await execa(
    ffmpeg(),
    [
      '-v',
      'error',
      '-f',
      'lavfi',
      '-i',
      `testsrc2=size=${size}:rate=10:duration=2`,
      '-c:v',
      'libx264',
      '-preset',
      'ultrafast',
      '-threads',
      '1',
      '-g',
      '10',
      ...extra,
      '-f',
      'flv',
      'pipe:1',
    ],
    { encoding: 'buffer' },
  );
  const flv = Buffer.from(stdout);
  return { flv, ...readFlv(flv, flv.length) };
}

function readFlv(flv: Buffer, bytesEach: number): Omit<Clip, 'flv'> {
  const sets: Buffer[] = [];
  const units: AccessUnit[] = [];
  const reader = new FlvReader({
    describe: (nals) => sets.push(...nals),
    unit: (unit) => units.push(unit),
    lost: () => {},
  });
  for (let at = 0; at < flv.length; at += bytesEach) reader.push(flv.subarray(at, at + bytesEach));
  return { sets, units };
}

/** As they come from a camera: 100 ms apart, with the parameter sets before the first. */
function muxed(muxer: Muxer, { sets, units }: Clip, startMs: number): LivePicture[] {
  return units.flatMap(({ nals }, i) => {
    const nowMs = startMs + i * 100;
    const unit = { nals: i === 0 ? [...sets, ...nals] : nals, timestamp: nowMs * 90 };
    return muxer.push(unit, { nowMs, takenAtMs: nowMs }) ?? [];
  });
}

describe('what a viewer is sent', () => {
  it('can be played with the profiles, sizes and slices that cameras have', async () => {
    for (const [size, extra] of [
      ['320x192', ['-profile:v', 'baseline', '-pix_fmt', 'yuv420p']],
      ['322x190', ['-profile:v', 'main', '-pix_fmt', 'yuv420p', '-bf', '0']],
      ['640x360', ['-pix_fmt', 'yuv420p', '-x264-params', 'slices=4:8x8dct=1:bframes=0']],
      ['352x288', ['-pix_fmt', 'yuvj420p', '-x264-params', 'cqm=jvt:interlaced=1:bframes=0']],
    ] as const) {
      const one = await clip(size, extra);
      const watcher = new Watcher();
      const kept = new KeptPictures(1e6);
      const viewing = new Viewing(watcher, 1e6);
      for (const picture of muxed(new Muxer(), one, 1000)) {
        kept.add(picture);
        viewing.send(kept, 0);
      }
      const { frames, video } = await watcher.decode();
      assert.equal(frames, 20, size);
      assert.equal(`${video.width}x${video.height}`, size);
      const { width = 0, height = 0 } = parseSequence(one.sets[0] ?? Buffer.alloc(0)) ?? {};
      assert.equal(`${width}x${height}`, size);
    }
  });

  it('begins anew when the camera changes its picture', async () => {
    const clips = [await clip('320x192'), await clip('640x360')];
    const muxer = new Muxer();
    const watchers = clips.map((one, i) => {
      const watcher = new Watcher();
      const kept = new KeptPictures(1e6);
      const viewing = new Viewing(watcher, 1e6);
      for (const picture of muxed(muxer, one, 1000 + i * 2000)) {
        kept.add(picture);
        viewing.send(kept, 0);
      }
      return watcher;
    });
    assert.deepEqual(
      watchers.map(({ inits }) => inits),
      [1, 1],
    );
    assert.deepEqual((await watchers[1]?.decode())?.video, {
      codec: 'h264',
      width: 640,
      height: 360,
    });
    const both = new Watcher();
    const viewing = new Viewing(both, 1e6);
    const kept = new KeptPictures(1e6);
    const again = new Muxer();
    for (const [i, one] of clips.entries()) {
      for (const picture of muxed(again, one, 1000 + i * 2000)) {
        kept.add(picture);
        viewing.send(kept, 0);
      }
    }
    assert.deepEqual([both.inits, both.pictures.length], [2, 40]);
  });

  it('begins with a key frame, and goes on with one after a loss', async () => {
    const one = await clip('320x192');
    const muxer = new Muxer();
    muxer.describe(one.sets);
    const shown = one.units.map(({ nals }, i) => {
      if (i === 3) muxer.lose();
      return muxer.push({ nals, timestamp: i * 9000 }, { nowMs: i * 100, takenAtMs: 0 })?.isKey;
    });
    const none = Array<undefined>(7).fill(undefined);
    assert.deepEqual(shown.slice(0, 12), [true, false, false, ...none, true, false]);
  });

  it('is no more than is bounded, of a camera without key frames', async () => {
    const [picture] = muxed(new Muxer(), await clip('320x192'), 0);
    assert.ok(picture);
    const kept = new KeptPictures(10 * picture.message.length);
    const watcher = new Watcher();
    const viewing = new Viewing(watcher, 1e9);
    for (let i = 0; i < 35; i += 1) {
      kept.add({ ...picture, isKey: i === 0 });
      viewing.send(kept, 0);
      assert.ok(kept.next - kept.first <= 10);
    }
    assert.equal(watcher.pictures.length, 35);
    const late = new Watcher();
    const behind = new Viewing(late, 1e9);
    behind.send(kept, 0);
    assert.equal(late.pictures.length, 0);
    kept.add(picture);
    behind.send(kept, 0);
    assert.equal(late.pictures.length, 1);
  });
});

describe('readers of what cameras and programs send', () => {
  it('read FLV the same in pieces of any size', async () => {
    const { flv, sets, units } = await clip('320x192');
    assert.deepEqual([sets.length, units.length], [2, 20]);
    for (const bytesEach of [1, 7, 1000])
      assert.deepEqual(readFlv(flv, bytesEach), { sets, units });
  });

  it('throw nothing unforeseen, whatever comes', async () => {
    const { flv, sets, units } = await clip('320x192');
    const [sps = Buffer.alloc(0), pps = Buffer.alloc(0)] = sets;
    const damaged = (bytes: Buffer): Buffer => {
      const copy = Buffer.from(bytes);
      for (let i = 0; i < 3; i += 1) {
        copy[Math.floor(Math.random() * copy.length)] = Math.floor(Math.random() * 256);
      }
      return copy.subarray(0, Math.ceil(Math.random() * copy.length));
    };
    for (let round = 0; round < 3000; round += 1) {
      const found = new ParameterSets();
      for (const nal of [damaged(sps), damaged(pps), damaged(pps)]) found.take(nal);
      initialization(found.sequences, found.pictures);
      const muxer = new Muxer();
      muxer.describe([sps, pps]);
      const nals = (units[0]?.nals ?? []).map(damaged);
      muxer.push({ nals: [damaged(sps), ...nals], timestamp: round }, { nowMs: 0, takenAtMs: 0 });
    }
    for (let round = 0; round < 300; round += 1) {
      try {
        readFlv(damaged(flv.subarray(0, 4000)), 500);
      } catch (error) {
        assert.ok(error instanceof FlvError);
      }
    }
  });
});
