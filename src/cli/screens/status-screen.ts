import type { GoneFootage, RefusedSegments, StatusAnswer } from '../../contract/status.ts';
import { plain } from '../plain.ts';
import { facts } from '../table.ts';
import { count, formatBytes, formatDuration } from '../../lib/words.ts';
import { formatTime, formatWhen } from '../units.ts';

/** What `cctv status` shows. */
export function statusScreen(status: StatusAnswer, nowMs: number): string[] {
  const { cameras, tunnel, spool, uploads } = status;
  return facts([
    [
      'Daemon',
      `version ${status.version}, process ${status.pid}, running since ${formatTime(status.startedAtMs, nowMs)} (${formatDuration(nowMs - status.startedAtMs)})`,
    ],
    ...describeRefusal(status, nowMs),
    ['Tunnel', `cameras dial in at ${tunnel.address}`],
    ...describeHostKeys(tunnel, 'present', 'Host key'),
    ...describeHostKeys(tunnel, 'next', 'Next host key'),
    [
      'Cameras',
      `${cameras.connected} of ${cameras.known} connected, ${cameras.recording} recording`,
    ],
    ['Spool', describeSpool(spool, nowMs)],
    ['Disk', ...describeDisk(spool.disk)],
    ['Uploads', ...describeUploads(uploads, nowMs)],
    ...describeServer(status),
    ...describeHealth(status),
  ]);
}

function describeRefusal(
  { refusedConfiguration: refused }: StatusAnswer,
  nowMs: number,
): (readonly [string, ...string[]])[] {
  if (refused === undefined) return [];
  const { file, problems, copy, copiedAtMs } = refused;
  return [
    [
      'REFUSED',
      `${file} can't be used:`,
      ...problems.map((problem) => `- ${plain(problem)}`),
      `The daemon runs with the one that was good last, of ${formatTime(copiedAtMs, nowMs)}: ${copy}`,
    ],
  ];
}

function describeServer({ serverTroubles }: StatusAnswer): (readonly [string, ...string[]])[] {
  const [first, ...more] = serverTroubles.map(plain);
  return first === undefined ? [] : [['SERVER', first, ...more]];
}

function describeHealth({ health, readiness }: StatusAnswer): (readonly [string, ...string[]])[] {
  const [first, ...more] = [...new Set([...health.problems, ...readiness.problems])].map(plain);
  return first === undefined ? [] : [['NOT WELL', first, ...more]];
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

function describeDisk(disk: StatusAnswer['spool']['disk']): string[] {
  const { usedBytes, budgetBytes, freeBytes, damagedBytes, dropped, detail = '' } = disk;
  const budget = budgetBytes === undefined ? '' : ` of ${formatBytes(budgetBytes)}`;
  const lines = [
    `${formatBytes(usedBytes)}${budget} used by the spool, ${formatBytes(freeBytes)} free`,
  ];
  if (disk.state === 'nearly full') {
    const lasts =
      disk.lastsMs === undefined ? '' : `; it lasts ${formatDuration(disk.lastsMs)} more`;
    lines.push(`NEARLY FULL: ${plain(detail)}${lasts}`);
  }
  if (disk.state === 'full') {
    const consequence = disk.isFull ? 'recording stands still' : 'the oldest footage is dropped';
    lines.push(`FULL: ${plain(detail)}; ${consequence}`);
  }
  if (disk.state === 'unusable') lines.push(`UNUSABLE: ${plain(detail)}; recording stands still`);
  if (dropped.files > 0) {
    lines.push(
      `${count(dropped.files, 'segment')} (${formatBytes(dropped.bytes)}) dropped for want of room since the daemon started`,
    );
  }
  if (damagedBytes > 0) lines.push(`${formatBytes(damagedBytes)} damaged and set aside`);
  return lines;
}

function describeUploads(uploads: StatusAnswer['uploads'], nowMs: number): string[] {
  const { uploading, waiting, stored, failing, refused, gone } = uploads;
  const work = `${uploading} running, ${waiting} waiting, ${stored} stored since the daemon started`;
  const lines = [work];
  if (refused !== undefined) lines.push(describeRefused(refused, nowMs));
  if (gone !== undefined) lines.push(describeGone(gone, nowMs));
  if (failing === undefined) return lines;
  return [
    ...lines,
    `FAILING since ${formatWhen(failing.sinceMs, nowMs)}: ${plain(failing.cause)}`,
    'Recording goes on into the spool; uploads are tried again by themselves.',
  ];
}

function describeRefused(
  { segments, camera, startMs, sinceMs, tries, cause }: RefusedSegments,
  nowMs: number,
): string {
  const more = segments === 1 ? '' : `, and ${segments - 1} more`;
  return `NOT TAKEN by the store since ${formatWhen(sinceMs, nowMs)} (tried ${tries} times): ${plain(camera)} of ${formatWhen(startMs, nowMs)}${more}: ${plain(cause)}`;
}

function describeGone(
  { segments, durationMs, camera, startMs, noticedMs, detail }: GoneFootage,
  nowMs: number,
): string {
  const what = `${count(segments, 'stored segment')} (${formatDuration(durationMs)})`;
  return `GONE from the bucket, seen ${formatWhen(noticedMs, nowMs)}: ${what}, as of ${plain(camera)} from ${formatWhen(startMs, nowMs)}: ${plain(detail)}`;
}
