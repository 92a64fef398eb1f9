import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { finishFile } from '../../src/archive/finish.ts';
import { probe } from '../support/media.ts';

const codecs = {
  h264: { encoder: 'libx264', isKeyFrame: (first: number) => (first & 0x1f) === 5 },
  hevc: { encoder: 'libx265', isKeyFrame: (first: number) => [19, 20].includes(first >> 1) },
} as const;

const startCode = Buffer.from([0, 0, 1]);

/** A file of ten pictures, and of the eleventh, a key frame, what comes before the picture itself. */
async function recordCut(directory: string, codec: keyof typeof codecs, fragmentMs: number) {
  const { encoder, isKeyFrame } = codecs[codec];
  const stream = join(directory, 'whole');
  await execa('ffmpeg', [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    'testsrc=rate=5:duration=3',
    '-c:v',
    encoder,
    '-preset',
    'ultrafast',
    '-bf',
    '0',
    '-g',
    '10',
    '-x265-params',
    'log-level=none:repeat-headers=1:open-gop=0',
    '-f',
    codec,
    stream,
  ]);
  const bytes = await readFile(stream);
  const units: number[] = [];
  for (let at = bytes.indexOf(startCode); at >= 0; at = bytes.indexOf(startCode, at + 3)) {
    units.push(at);
  }
  const last = units.findLast((at) => isKeyFrame(bytes[at + 3] ?? 0));
  assert.ok(last);
  await writeFile(stream, bytes.subarray(0, last));
  const path = join(directory, '000000.mp4');
  await execa('ffmpeg', [
    '-v',
    'error',
    '-f',
    codec,
    '-framerate',
    '5',
    '-i',
    stream,
    '-c',
    'copy',
    '-movflags',
    '+frag_keyframe+empty_moov+default_base_moof',
    '-frag_duration',
    String(fragmentMs * 1_000),
    path,
  ]);
  return path;
}

async function samples(path: string): Promise<number> {
  const show = ['-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0'];
  return Number((await execa('ffprobe', ['-v', 'quiet', ...show, path])).stdout);
}

describe('a stream that broke off before the picture', () => {
  for (const codec of ['h264', 'hevc'] as const) {
    for (const [words, fragmentMs] of [
      ['of a fragment with others', 60_000],
      ['of a fragment of its own', 10],
    ] as const) {
      it(`leaves a file that decodes without damage: ${codec}, ${words}`, async () => {
        const directory = await mkdtemp(join(tmpdir(), 'cut-'));
        try {
          const path = await recordCut(directory, codec, fragmentMs);
          assert.equal(await samples(path), 11);
          const finished = await finishFile(path);
          assert.ok(finished);
          const { frames } = await probe(finished.path);
          assert.equal(frames, 10);
          assert.equal(await samples(finished.path), 10);
          assert.equal(finished.durationMs, 2_000);
          assert.deepEqual(await finishFile(finished.path), finished);
        } finally {
          await rm(directory, { recursive: true });
        }
      });
    }
  }
});
