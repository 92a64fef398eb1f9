import type { WatchersAnswer } from '../../contract/viewers.ts';
import { formatCameraName } from '../../model/camera-name.ts';
import { plain } from '../plain.ts';
import { table } from '../table.ts';
import { formatBytes } from '../../lib/words.ts';
import { formatWhen } from '../units.ts';
import { noGateway } from './login-screen.ts';

/** What `cctv viewer watching` shows. */
export function watchersScreen({ gateway, watchers }: WatchersAnswer, nowMs: number): string[] {
  if (!gateway) return [noGateway];
  if (watchers.length === 0) return ['Nobody watches.'];
  return table(
    [
      { head: 'CAMERA', stays: true, cell: formatCameraName },
      { head: 'VIEWER', stays: true, cell: ({ viewer }) => viewer },
      { head: 'STATE', cell: ({ state }) => state },
      {
        head: 'SINCE',
        // 0: the viewer is connected, but has not requested the stream yet.
        cell: ({ sinceMs }) => (sinceMs === 0 ? '-' : formatWhen(sinceMs, nowMs)),
      },
      { head: 'SENT', align: 'right', cell: ({ bytes }) => formatBytes(bytes) },
      { head: 'FROM', cell: ({ address }) => plain(address) },
      { head: 'BY', cell: ({ secure }) => (secure ? 'rtsps' : 'rtsp') },
      { head: 'PLAYER', cutTo: 10, cell: ({ player }) => plain(player) },
    ],
    watchers,
  );
}
