import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** When each picture of a file is shown, in milliseconds from its beginning, in the order in which they lie there. */
export function pictureTimes(file: Buffer): number[] {
  const directory = mkdtempSync(join(tmpdir(), 'picture-times-'));
  const path = join(directory, 'segment.mp4');
  try {
    writeFileSync(path, file);
    const stream = ['-select_streams', 'v', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
    return execFileSync('ffprobe', ['-v', 'error', ...stream, path], { encoding: 'utf8' })
      .trim()
      .split('\n')
      .map((line) => Number.parseFloat(line) * 1_000);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
