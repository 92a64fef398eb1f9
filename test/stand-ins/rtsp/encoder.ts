import { execa } from 'execa';

export type VideoCodec = 'h264' | 'h265' | 'mjpeg';
export type AudioCodec = 'pcmu' | 'mp3' | 'aac' | 'opus';

export interface Picture {
  readonly video: VideoCodec;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly keyFrameSeconds: number;
  readonly bitsPerSecond: number;
  readonly bFrames: number;
}

const quiet = ['-nostdin', '-hide_banner', '-loglevel', 'error'];

// A camera's JPEG has two quantization tables; ffmpeg writes two only if they differ.
const chromaMatrix = `8${',27'.repeat(63)}`;

function videoEncoder(picture: Picture): string[] {
  const { video, framesPerSecond, keyFrameSeconds, bitsPerSecond, bFrames } = picture;
  const keyFrames = Math.max(1, Math.round(framesPerSecond * keyFrameSeconds));
  const rate = ['-b:v', `${bitsPerSecond}`, '-maxrate', `${bitsPerSecond}`];
  const buffer = ['-bufsize', `${bitsPerSecond}`];
  const fast = ['-preset', 'ultrafast', '-tune', 'zerolatency', '-threads', '1'];
  switch (video) {
    case 'h264':
      // biome-ignore format: each option with its value
      return [
        '-c:v', 'libx264',
        '-pix_fmt', 'yuv420p',
        ...fast,
        ...rate,
        ...buffer,
        // Cameras repeat the parameter sets in the stream.
        '-x264-params',
        `repeat-headers=1:bframes=${bFrames}:b-adapt=0`,
        '-sc_threshold', '0',
        '-g', `${keyFrames}`,
        '-keyint_min', `${keyFrames}`,
      ];
    case 'h265':
      // biome-ignore format: each option with its value
      return [
        '-c:v', 'libx265',
        '-pix_fmt', 'yuv420p',
        ...fast,
        ...rate,
        ...buffer,
        '-x265-params',
        `log-level=error:repeat-headers=1:scenecut=0:keyint=${keyFrames}:min-keyint=${keyFrames}:pools=1:frame-threads=1:bframes=${bFrames}:b-adapt=0:open-gop=0:rc-lookahead=${bFrames + 1}`,
      ];
    case 'mjpeg':
      // biome-ignore format: each option with its value
      return [
        '-c:v', 'mjpeg',
        '-pix_fmt', 'yuvj420p',
        '-b:v', `${bitsPerSecond}`,
        // RTP's JPEG (RFC 2435) leaves the Huffman tables out: they must be the standard ones.
        '-huffman', 'default',
        '-chroma_intra_matrix', chromaMatrix,
      ];
  }
}

const audioEncoders: Record<AudioCodec, readonly string[]> = {
  pcmu: ['-c:a', 'pcm_mulaw'],
  mp3: ['-c:a', 'libmp3lame', '-b:a', '64k'],
  aac: ['-c:a', 'aac', '-b:a', '32k'],
  opus: ['-c:a', 'libopus', '-b:a', '32k'],
};

/** Hz and samples a frame. */
const audioShapes: Record<AudioCodec, readonly [number, number]> = {
  pcmu: [8_000, 320],
  mp3: [16_000, 576],
  aac: [16_000, 1024],
  opus: [48_000, 960],
};

const testPicture = ({ width, height, framesPerSecond }: Picture): string =>
  `testsrc2=size=${width}x${height}:rate=${framesPerSecond}`;

/** Writes a clip of some ten seconds, a whole number of key frames, that loops without a seam. */
export async function encodeClip(picture: Picture, file: string): Promise<void> {
  const seconds = Math.ceil(10 / picture.keyFrameSeconds) * picture.keyFrameSeconds;
  const source = `${testPicture(picture)}:duration=${seconds}`;
  await execa('ffmpeg', [
    ...quiet,
    '-y',
    '-f',
    'lavfi',
    '-i',
    source,
    ...videoEncoder(picture),
    '-video_track_timescale',
    '90000',
    file,
  ]);
}

/** The clip in a loop: next to no CPU. */
export const loopedClip = (file: string): string[] => ['-re', '-stream_loop', '-1', '-i', file];

/** A picture of now, with the wall clock (UTC) in it. */
export const clockPicture = (picture: Picture): string[] => [
  '-f',
  'lavfi',
  '-i',
  // `realtime` before the clock is drawn, or ffmpeg's read-ahead would make it fast.
  `${testPicture(picture)},realtime,drawtext=text='%{gmtime\\:%Y-%m-%d %T} UTC':fontsize=h/12:fontcolor=white:box=1:boxcolor=black@0.6:boxborderw=8:x=(w-tw)/2:y=h-2*th`,
];

export interface Publication {
  readonly picture: Picture;
  readonly audio: AudioCodec | undefined;
  /** {@link loopedClip} or {@link clockPicture}. */
  readonly input: readonly string[];
  readonly encodeVideo: boolean;
  /** rtsp:// address that takes ANNOUNCE and RECORD. */
  readonly target: string;
}

/** ffmpeg's arguments to send picture and a tone that beeps every second to `target` for ever. */
export function publishArguments(publication: Publication): string[] {
  const { picture, audio, input, encodeVideo, target } = publication;
  const sound = audio === undefined ? [] : soundInput(audio);
  // biome-ignore format: each option with its value
  return [
    ...quiet,
    ...input,
    ...sound,
    '-map', '0:v:0',
    ...(encodeVideo ? videoEncoder(picture) : ['-c:v', 'copy']),
    ...(audio === undefined ? [] : ['-map', '1:a:0', ...audioEncoders[audio]]),
    // One audio frame a packet, as cameras do; packets that fit everybody's buffers.
    '-muxdelay', '0.02',
    '-flush_packets', '1',
    '-pkt_size', '1400',
    '-f', 'rtsp',
    '-rtsp_transport', 'tcp',
    target,
  ];
}

function soundInput(audio: AudioCodec): string[] {
  const [hertz, samples] = audioShapes[audio];
  const tone = `sine=frequency=440:beep_factor=4:sample_rate=${hertz}:samples_per_frame=${samples}`;
  return ['-re', '-f', 'lavfi', '-i', tone];
}
