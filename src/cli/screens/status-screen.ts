import type { StatusAnswer } from '../../console/api.ts';
import { plain } from '../plain.ts';
import { facts } from '../table.ts';
import { count, formatBytes, formatDuration, formatTime, formatWhen } from '../units.ts';

/** What `cctv status` shows. */
export function statusScreen(status: StatusAnswer, nowMs: number): string[] {
  const { cameras, tunnel, spool, uploads } = status;
  return facts([
    [
      'Daemon',
      `version ${status.version}, process ${status.pid}, running since ${formatTime(status.startedAtMs, nowMs)} (${formatDuration(nowMs - status.startedAtMs)})`,
    ],
    ['Tunnel', `cameras dial in at ${tunnel.address}`],
    ['Host key', tunnel.hostKeyFingerprint, tunnel.hostKeyLine],
    [
      'Cameras',
      `${cameras.connected} of ${cameras.known} connected, ${cameras.recording} recording`,
    ],
    ['Spool', describeSpool(spool, nowMs)],
    ['Uploads', ...describeUploads(uploads, nowMs)],
  ]);
}

function describeSpool({ files, bytes, oldestMs }: StatusAnswer['spool'], nowMs: number): string {
  if (files === 0) return 'empty: all finished footage is in the bucket';
  const oldest = oldestMs === undefined ? '' : `, the oldest from ${formatWhen(oldestMs, nowMs)}`;
  return `${count(files, 'segment')}, ${formatBytes(bytes)}${oldest}`;
}

function describeUploads(uploads: StatusAnswer['uploads'], nowMs: number): string[] {
  const { uploading, waiting, stored, failing } = uploads;
  const work = `${uploading} running, ${waiting} waiting, ${stored} stored since the daemon started`;
  if (failing === undefined) return [work];
  return [
    work,
    `FAILING since ${formatWhen(failing.sinceMs, nowMs)}: ${plain(failing.cause)}`,
    'Recording goes on into the spool; uploads are tried again by themselves.',
  ];
}
