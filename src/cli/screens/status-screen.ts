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
    ...describeHostKeys(tunnel, 'present', 'Host key'),
    ...describeHostKeys(tunnel, 'next', 'Next host key'),
    [
      'Cameras',
      `${cameras.connected} of ${cameras.known} connected, ${cameras.recording} recording`,
    ],
    ['Spool', describeSpool(spool, nowMs)],
    ['Uploads', ...describeUploads(uploads, nowMs)],
  ]);
}

function describeHostKeys(
  { hostKeys }: StatusAnswer['tunnel'],
  wanted: 'present' | 'next',
  name: string,
): (readonly [string, ...string[]])[] {
  const lines = hostKeys
    .filter(({ state }) => state === wanted)
    .flatMap(({ fingerprint, line }) => [fingerprint, line]);
  return lines.length === 0 ? [] : [[name, ...lines]];
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
