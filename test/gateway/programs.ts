import { execa } from 'execa';
import { realpathSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ffmpeg, live555ProxyServer } from '../support/tools.ts';
import { eventually } from '../support/until.ts';

/** One try of a real player to record something. */
export interface Try {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** An empty folder for what it records. */
  readonly directory: string;
  readonly video: 'h264' | 'h265';
  readonly withSound: boolean;
  /** For programs that don't end by themselves: how long to wait for pictures. */
  readonly patienceMs: number;
}

export interface Program {
  readonly name: string;
  /** Plays one camera in the clear, and nothing more: slow, or without RTSPS. */
  readonly briefly?: boolean;
  /** Records at least a second; the files with pictures in them. */
  record(attempt: Try): Promise<string[]>;
}

const withPassword = ({ url, user, password }: Try): string =>
  url.replace('//', `//${encodeURIComponent(user)}:${encodeURIComponent(password)}@`);

const run = async (cwd: string, file: string, args: readonly string[]): Promise<void> => {
  const result = await execa(file, [...args], { cwd, timeout: 20_000, reject: false, all: true });
  if (result.failed) throw new Error(`${file}: ${result.shortMessage}\n${result.all}`);
};

/** Two flaws of GStreamer 1.22 itself, which say nothing of the server, are allowed for. */
async function gstLaunch(cwd: string, args: readonly string[]): Promise<void> {
  const options = { cwd, timeout: 15_000, reject: false, all: true } as const;
  for (let tries = 1; ; tries += 1) {
    const { failed, timedOut, all, shortMessage } = await execa('gst-launch-1.0', args, options);
    // One start in some two hundred hangs for ever: the first sender report arrives in one thread
    // while another links the pads of the first picture.
    if (timedOut && tries < 4) continue;
    // Interrupted in a read, its TLS now and then takes the answer to PAUSE for the end: by then it
    // has recorded what it was asked for.
    if (!failed || /rtspsrc_pause/.test(all)) return;
    throw new Error(`gst-launch-1.0: ${shortMessage}\n${all}`);
  }
}

const found = async (directory: string, pattern: RegExp): Promise<string[]> =>
  (await readdir(directory))
    .filter((name) => pattern.test(name))
    .map((one) => join(directory, one));

/** openRTSP comes with live555ProxyServer, and runs with the libraries that were given to that. */
async function openRtsp(cwd: string, args: readonly string[]): Promise<void> {
  const proxy = realpathSync(live555ProxyServer());
  const print = async (what: string): Promise<string> =>
    (await execa('patchelf', [`--print-${what}`, proxy])).stdout;
  const [loader, libraries] = await Promise.all([print('interpreter'), print('rpath')]);
  const program = join(dirname(proxy), 'openRTSP');
  const command = libraries === '' ? [program] : [loader, '--library-path', libraries, program];
  await run(cwd, command[0] ?? '', [...command.slice(1), ...args]);
}

const ffmpegLike = (name: string, transport: readonly string[], briefly = false): Program => ({
  name,
  briefly,
  record: async (attempt) => {
    const file = join(attempt.directory, 'out.mkv');
    const input = [...transport, '-i', withPassword(attempt)];
    await run(attempt.directory, ffmpeg(), [
      '-nostdin',
      '-v',
      'error',
      ...input,
      '-t',
      '2',
      '-c',
      'copy',
      // Since ffmpeg 7.1, AAC that comes by RTP has no key frames.
      '-copyinkf:a',
      '-y',
      file,
    ]);
    return [file];
  },
});

export const programs: readonly Program[] = [
  ffmpegLike('ffmpeg', []),
  ffmpegLike('ffmpeg -rtsp_transport tcp', ['-rtsp_transport', 'tcp'], true),
  {
    name: 'GStreamer rtspsrc',
    record: async ({ url, user, password, directory, video, withSound }) => {
      const login = [`location=${url}`, `user-id=${user}`, `user-pw=${password}`];
      const picture = [
        `rtp${video}depay`,
        `video/x-${video},stream-format=byte-stream,alignment=au`,
      ];
      // Since GStreamer 1.26, the end of the picture is not that of the sound, for which all would wait.
      const sound = ['camera.', '!', 'application/x-rtp,media=audio', '!'];
      sound.push('identity', 'eos-after=20', '!', 'fakesink');
      const args = [
        '-q',
        'rtspsrc',
        'name=camera',
        'tls-validation-flags=0',
        ...login,
        'camera.',
        '!',
        'application/x-rtp,media=video',
        '!',
        ...picture.flatMap((one) => [one, '!']),
        'identity',
        'eos-after=40',
        '!',
        'filesink',
        `location=out.${video}`,
        ...(withSound ? sound : []),
      ];
      await gstLaunch(directory, args);
      return [join(directory, `out.${video}`)];
    },
  },
  {
    name: 'openRTSP -t',
    record: async ({ url, user, password, directory }) => {
      await openRtsp(directory, ['-t', '-d', '2', '-u', user, password, url]);
      return found(directory, /^video-H26[45]-/);
    },
  },
  {
    name: 'mpv',
    record: async (attempt) => {
      const { directory } = attempt;
      await run(directory, 'mpv', [
        '--no-config',
        '--vo=image',
        `--vo-image-outdir=${directory}`,
        '--ao=null',
        '--untimed',
        '--frames=16',
        withPassword(attempt),
      ]);
      return found(directory, /\.jpg$/);
    },
  },
  {
    name: 'motion',
    briefly: true,
    record: async (attempt) => {
      const { directory, url, user, password } = attempt;
      const settings = {
        daemon: 'off',
        target_dir: directory,
        netcam_url: url,
        netcam_userpass: `${encodeURIComponent(user)}:${encodeURIComponent(password)}`,
        netcam_params: 'rtsp_transport=tcp',
        width: 320,
        height: 192,
        framerate: 15,
        emulate_motion: 'on',
        movie_output: 'off',
        picture_output: 'on',
        webcontrol_port: 0,
        stream_port: 0,
      };
      const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
      await writeFile(join(directory, 'motion.conf'), lines.join(''));
      // It runs until it is stopped, and goes on trying when it is refused.
      const motion = execa('motion', ['-n', '-c', join(directory, 'motion.conf')], {
        cwd: directory,
        reject: false,
        timeout: 60_000,
      });
      try {
        return await eventually('20 pictures', attempt.patienceMs, async () => {
          const all = await found(directory, /\.jpg$/);
          const sizes = await Promise.all(all.map(async (file) => (await stat(file)).size));
          // Where it has no camera it makes pictures itself: gray, with a line of text.
          const real = all.filter((_, index) => (sizes[index] ?? 0) > 5_500);
          return real.length >= 20 && real;
        });
      } finally {
        motion.kill('SIGTERM');
        await motion;
      }
    },
  },
];
