import assert from 'node:assert/strict';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { findBox } from '../../../src/media/mp4/boxes.ts';
import { markSync } from '../../../src/media/mp4/edit.ts';
import { readFragmentedFile } from '../../../src/media/mp4/file.ts';
import { readRuns } from '../../../src/media/mp4/runs.ts';

const dependsOnOthers = 0x0101_0000;

describe('sound of which each sample is said to depend on others, as ffmpeg 7.1 writes copied AAC', () => {
  it('becomes sound that can begin with any sample', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sound-'));
    try {
      const path = join(directory, 'sound.mp4');
      const input = ['-v', 'error', '-f', 'lavfi', '-i', 'sine=duration=3', '-c:a', 'aac'];
      const flags = ['-frag_duration', '500000', '-movflags', '+empty_moov+default_base_moof'];
      await execa('ffmpeg', [...input, ...flags, path]);
      await using file = await open(path);
      const { fragments, tracks } = await readFragmentedFile(file);
      assert.ok(fragments.length > 3);
      for (const { moof, runs } of fragments) {
        const again = () => readRuns(moof.subarray(8), tracks).map(({ isSync }) => isSync);
        for (const { traf } of runs) {
          const tfhd = findBox(traf.subarray(8), 'tfhd') ?? assert.fail('no tfhd');
          // Its last field, after what usual samples last and measure.
          assert.ok(tfhd.readUInt32BE(0) & 0x20);
          tfhd.writeUInt32BE(dependsOnOthers, tfhd.length - 4);
        }
        assert.deepEqual(again(), [false]);
        for (const run of runs) markSync(run);
        assert.deepEqual(again(), [true]);
      }
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
