import type { CameraAnswer } from '../../contract/cameras.ts';
import { formatCameraName } from '../../model/camera-name.ts';
import { cameraWord } from '../state-words.ts';
import { table } from '../table.ts';
import { formatBytes } from '../../lib/words.ts';
import { formatTime } from '../units.ts';

/** What `cctv camera list` shows. */
export function cameraListScreen(cameras: readonly CameraAnswer[], nowMs: number): string[] {
  if (cameras.length === 0) {
    return ['There are no cameras. Add one with: cctv camera add ACCOUNT/NAME --key FILE'];
  }
  return table(
    [
      { head: 'CAMERA', stays: true, cell: formatCameraName },
      {
        head: 'STATE',
        cutTo: 12,
        cell: cameraWord,
      },
      { head: 'PROFILE', cell: ({ settings }) => settings?.profile ?? '-' },
      {
        head: 'LAST FOOTAGE',
        cell: ({ lastFootageAtMs }) =>
          lastFootageAtMs === undefined ? 'none' : formatTime(lastFootageAtMs, nowMs),
      },
      { head: 'STORED', align: 'right', cell: ({ stored }) => formatBytes(stored.bytes) },
      { head: 'SPOOL', align: 'right', cell: ({ spooled }) => formatBytes(spooled.bytes) },
    ],
    cameras,
  );
}
