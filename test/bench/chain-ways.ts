import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Child } from '../../src/lib/child.ts';
import { parseSegmentFileName } from '../../src/model/segment-name.ts';
import type { S3Address } from '../stand-ins/s3-server.ts';
import type { Site, SiteCamera } from '../support/site.ts';
import { ffmpeg } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import type { Arrival } from './chain-store.ts';
import { decoding, encoding, type Kind } from './original/encoding.ts';
import { Original, type Uploader } from './original/original.ts';

/** What all ways are given. */
export interface Task {
  readonly kind: Kind;
  readonly segmentSeconds: number;
  readonly cameras: number;
  /** Of the cameras' RTSP server; one for all. */
  readonly rtspPort: number;
  readonly directory: string;
  readonly site: Site;
  readonly store: S3Address;
}

/** One way from the cameras to files. */
export interface Way extends AsyncDisposable {
  readonly name: string;
  /** Of what serves all cameras, if anything does; its memory does not grow with each. */
  readonly sharedPids: readonly number[];
  /** Of the processes beneath which all of it is. */
  readonly roots: readonly number[];
  /** Resolves when all cameras are recorded. */
  recording(): Promise<void>;
  /** When the clock cut the file that came there; undefined if it is not one of this way. */
  cutMs(arrival: Arrival): number | undefined;
}

const recordingWithinMs = 30_000;

/** The daemon of a site, and cameras that were enrolled there with the task's profile. */
export function throughDaemon(task: Task, cameras: readonly SiteCamera[]): Way {
  const { site, segmentSeconds } = task;
  const segmentMs = segmentSeconds * 1_000;
  for (const camera of cameras) camera.dial();
  return {
    name: 'cctvd',
    roots: [site.daemonPid],
    sharedPids: [site.daemonPid],
    recording: async () => {
      for (const camera of cameras) await camera.recording(recordingWithinMs);
    },
    cutMs: ({ path }) => {
      const [, bucket, account = '', camera = '', , , , name = ''] = path.split('/');
      const segment = parseSegmentFileName({ account, camera }, name);
      if (bucket !== 'footage' || segment === undefined) return undefined;
      const endMs = segment.startMs + segment.durationMs;
      // A file ends with its last picture, a little before the cut or, with a late key frame, behind it.
      return Math.round(endMs / segmentMs) * segmentMs;
    },
    [Symbol.asyncDispose]: async () => {
      for (const camera of cameras) camera.killClients();
      await eventually('the end of all tunnels', 30_000, () => site.children().length === 0);
    },
  };
}

const camerasOf = (task: Task): string[] =>
  Array.from({ length: task.cameras }, (_, i) => `camera-${i}`);

async function filesOfAll(task: Task, archive: string): Promise<void> {
  await eventually('files of all cameras', recordingWithinMs, async () => {
    const files = await Promise.all(camerasOf(task).map((name) => readdir(join(archive, name))));
    return files.every((some) => some.some((file) => file.endsWith('.mp4')));
  });
}

export async function throughOriginal(task: Task, uploader: Uploader): Promise<Way> {
  const { directory, segmentSeconds } = task;
  await mkdir(directory, { recursive: true });
  const original = await Original.start({ ...task, uploader, bucket: 'original' });
  for (const camera of camerasOf(task)) await original.dial(camera, task.rtspPort);
  const segmentMs = segmentSeconds * 1_000;
  return {
    name: `sshd + ${uploader}`,
    roots: [original.pid],
    sharedPids: [original.pid],
    recording: () => filesOfAll(task, join(directory, 'archive')),
    cutMs: ({ path }) => {
      const name = /^\/original\/.*\/(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z\.mp4/.exec(path);
      if (name === null) return undefined;
      const [, year, month, day, hour, minute, second] = name;
      const startMs = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
      return (Math.floor(startMs / segmentMs) + 1) * segmentMs;
    },
    [Symbol.asyncDispose]: () => original[Symbol.asyncDispose](),
  };
}

/** The least that records: an ffmpeg for each camera, which reads it directly. No tunnel, relay or bucket. */
export async function bareFfmpeg(task: Task): Promise<Way> {
  const { kind, segmentSeconds, directory, rtspPort } = task;
  const children: Child[] = [];
  for (const camera of camerasOf(task)) {
    const cwd = join(directory, camera);
    await mkdir(cwd, { recursive: true });
    const args = [
      '-nostdin',
      '-loglevel',
      'error',
      '-rtsp_transport',
      'tcp',
      ...decoding(kind),
      '-i',
      `rtsp://127.0.0.1:${rtspPort}/unicast`,
      ...encoding(kind, segmentSeconds),
      '%Y%m%dT%H%M%SZ.mp4',
    ];
    children.push(new Child({ name: 'ffmpeg', file: ffmpeg(), args, cwd }));
  }
  return {
    name: 'bare ffmpeg',
    roots: children.flatMap(({ pid }) => pid ?? []),
    sharedPids: [],
    recording: () => filesOfAll(task, directory),
    cutMs: () => undefined,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(children.map((child) => child.stop()));
    },
  };
}
