import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { readFragmentedFile } from '../../../src/media/mp4/file.ts';

/** Node hands out small buffers as parts of larger ones. */
const poolBytes = 2 * Buffer.poolSize;

describe('a file with very many fragments', () => {
  it('is read without keeping more of it than their heads', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'fragments-'));
    try {
      const path = join(directory, 'file.mp4');
      const pictures = 'testsrc=size=64x64:rate=100:duration=5';
      const encoder = ['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '1'];
      const flags = ['-movflags', '+frag_keyframe+empty_moov+default_base_moof'];
      const input = ['-v', 'error', '-f', 'lavfi', '-i', pictures];
      await execa('ffmpeg', [...input, ...encoder, ...flags, path]);
      await using file = await open(path);
      const { fragments } = await readFragmentedFile(file);
      assert.ok(fragments.length > 400, `${fragments.length} fragments`);
      const kept = [...new Set(fragments.map(({ moof }) => moof.buffer))];
      const sum = (sizes: readonly number[]): number => sizes.reduce((a, b) => a + b, 0);
      const keptBytes = sum(kept.map(({ byteLength }) => byteLength));
      const headBytes = sum(fragments.map(({ moof }) => moof.length));
      assert.ok(keptBytes < 2 * headBytes + poolBytes, `${keptBytes} for ${headBytes}`);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
