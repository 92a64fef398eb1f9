import type { Viewer } from '../../contract/viewers.ts';
import { table } from '../table.ts';
import { formatTime } from '../units.ts';

/** What `cctv viewer list` shows. */
export function viewerListScreen(viewers: readonly Viewer[], nowMs: number): string[] {
  if (viewers.length === 0) {
    return ['There are no viewers. Add one with: cctv viewer add ACCOUNT/NAME'];
  }
  return table(
    [
      { head: 'VIEWER', stays: true, cell: ({ account, name }) => `${account}/${name}` },
      { head: 'ADDED', cell: ({ createdMs }) => formatTime(createdMs, nowMs) },
      { head: 'PASSWORD SET', cell: ({ passwordSetMs }) => formatTime(passwordSetMs, nowMs) },
      { head: 'CAMERAS', wraps: true, cell: ({ cameras }) => cameras?.join(', ') ?? 'all' },
    ],
    viewers,
  );
}
