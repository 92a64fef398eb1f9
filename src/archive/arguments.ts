import type { Profile, SourceMedia } from './profile.ts';

export interface RecordingOptions {
  /** rtsp:// address of a server whose times are seconds since 1970. */
  readonly source: string;
  readonly media: SourceMedia;
  readonly profile: Profile;
  /** A divisor of a day. */
  readonly segmentSeconds: number;
}

const audioHertz = 16_000;
/** Seconds since 1970. An earlier time is not a real one. */
const longAgo = '1e8';

/** Before so many pictures, ffmpeg's decode times are wrong where there are B frames. */
const undecidedPictures = 16;

/** Ticks per second of pictures in RTP. ffmpeg's name for it, 1/TB, is wrong for them. */
const pictureTicks = 90_000;

const isDated = (time: string): string => `gt(${time},${longAgo}*${pictureTicks})`;

/**
 * When pictures are decoded and shown, of which B frames are shown in another order than they are sent in.
 * The first picture may have no time, which ffmpeg's parser loses: it is put a little before the next. It is
 * decoded when it is shown. With B frames, the next ones are decoded early enough, until ffmpeg knows better.
 *
 * A guessed duration would delay the next fragment's first picture if that comes a little early, so we set
 * a short one; the last picture of a fragment lasts until the next anyway.
 */
function pictureTimes(): string {
  const ticks = (seconds: number): number => seconds * pictureTicks;
  const inOrder = `${isDated('NEXT_DTS')}*lt(abs(NEXT_PTS-NEXT_DTS),${ticks(0.001)})`;
  const unknown = `if(${inOrder},NEXT_DTS-${ticks(0.01)},NEXT_PTS-${ticks(0.3)})`;
  const first = `if(${isDated('PTS')},PTS,${unknown})`;
  const isUndecided = `not(${isDated('DTS')})+gt(abs(PTS-DTS),${ticks(0.001)})+lt(NEXT_PTS,PTS)`;
  const isReordered = `st(0,max(ld(0),gt(${isUndecided},0)))`;
  const isWrong = `gt(${isReordered}*lt(N,${undecidedPictures})+not(${isDated('DTS')}),0)`;
  const early = `max(st(1,max(PTS,ld(1)))-${ticks(0.5)},PREV_OUTDTS+1)`;
  const decoded = `if(N,if(${isWrong},${early},DTS),${first})`;
  const undated = `if(${isDated('DTS')},DTS,PREV_OUTPTS+${ticks(0.01)})`;
  const shown = `if(N,if(${isDated('PTS')},PTS,${undated}),${first})`;
  return `setts=pts='${shown}':dts='${decoded}':duration=${ticks(0.01)}`;
}

/**
 * ffmpeg's arguments to record `source` into files `000000.mp4`, `000001.mp4` … in its working
 * directory. The next file begins at the first key frame after each multiple of `segmentSeconds` on
 * the clock. Progress and the name of each finished file go to standard output, one per line.
 *
 * The media times in the files are seconds since 1970, so that a file, even one cut off by a kill,
 * contains the time of its first picture and the offset of its sound.
 */
export function recordingArguments(options: RecordingOptions): string[] {
  const { source, media, profile, segmentSeconds } = options;
  // biome-ignore format: each option with its value
  return [
    '-nostdin',
    '-hide_banner',
    '-loglevel', 'level+info',
    '-nostats',
    '-progress', 'pipe:1',
    '-stats_period', '0.5',
    ...(profile.kind === 'copy' ? [] : ['-threads', '1']),
    ...input(source, media),
    '-map', '0:v:0',
    ...(profile.kind === 'copy' ? copiedVideo(media) : smallVideo(profile, segmentSeconds)),
    ...(media.audio === undefined
      ? ['-an']
      : ['-map', '0:a:0?', ...audio(media.audio.codec, profile)]),
    ...output(segmentSeconds),
  ];
}

function input(source: string, media: SourceMedia): string[] {
  // biome-ignore format: each option with its value
  return [
    '-rtsp_transport', 'tcp',
    // Microseconds. Whether pictures come is watched by others: some cameras send one each minute.
    '-timeout', '300000000',
    // Probing ends when sound and picture are recognized. It need not know the frame rate, but must
    // wait for parameter sets that are missing in the SDP. Packets read meanwhile are kept. It must
    // not wait for sound that is announced but doesn't come.
    '-fpsprobesize', '0',
    '-analyzeduration', '10000000',
    '-max_ts_probe', '0',
    ...(media.audio === undefined ? ['-allowed_media_types', 'video'] : []),
    '-i', source,
  ];
}

function copiedVideo({ video }: SourceMedia): string[] {
  const isHevc = /^(h\.?265|hevc)$/i.test(video?.codec ?? '');
  return ['-c:v', 'copy', ...(isHevc ? ['-tag:v', 'hvc1'] : []), '-bsf:v', pictureTimes()];
}

function smallVideo(profile: Profile & { kind: 'downsample' }, segmentSeconds: number): string[] {
  const { maxWidth, framesPerSecond, crf, preset } = profile;
  // A key frame about every two seconds, and whenever the next file is due. ffmpeg's `t` counts
  // from the first picture, so only the time of day tells when that is.
  const perFile = Math.ceil(segmentSeconds / 2);
  const group = `floor(time(0)*${perFile}/${segmentSeconds})`;
  const keyFrame = `if(gt(${group},ld(0)),st(0,${group}),0)`;
  // Only from the first key frame on, because pictures before it are decoded as grey. And only
  // pictures with a time, which ffmpeg's parser doesn't give the first one.
  const isWhole = `gt(t,${longAgo})*if(key,st(0,1),ld(0))`;
  // Only pictures that are due, on average no more than wanted. Unlike with the filter `fps`, each
  // keeps its own time, and none is repeated while the camera is silent.
  const due = `max(ld(1)+1/${framesPerSecond},t+0.5/${framesPerSecond})`;
  const filters = [
    `select='if(${isWhole},if(gte(t,ld(1)),st(1,${due})))'`,
    `scale='trunc(min(${maxWidth},iw)/2)*2':-2:flags=fast_bilinear`,
    'format=yuv420p',
  ];
  // biome-ignore format: each option with its value
  return [
    '-vf', filters.join(','),
    '-fps_mode', 'vfr',
    '-enc_time_base', '1:90000',
    '-c:v', 'libx264',
    '-preset', preset,
    '-threads', '1',
    // x264 derives its limits from the frame rate, and the one in the stream may be wrong.
    '-x264-params',
    `fps=${framesPerSecond}${lookahead(profile)}`,
    '-bf', '0',
    '-sc_threshold', '0',
    '-g', `${framesPerSecond * 3}`,
    '-force_key_frames', `expr:${keyFrame}`,
    '-crf', `${crf}`,
    '-maxrate', `${maxRate(profile)}`,
    '-bufsize', `${2 * maxRate(profile)}`,
  ];
}

/** Pictures that x264 looks at before it writes the first of them, by preset; none for the others. */
const usualLookahead: Readonly<Record<string, number>> = {
  veryfast: 10,
  faster: 20,
  fast: 30,
  medium: 40,
};

/** What x264 holds is lost if it is killed: it may look ahead by half a second. */
function lookahead({ preset, framesPerSecond }: Profile & { kind: 'downsample' }): string {
  const pictures = Math.min(usualLookahead[preset] ?? 0, Math.floor(framesPerSecond / 2));
  return preset in usualLookahead ? `:rc-lookahead=${pictures}` : '';
}

/** Highest bit rate, for pictures in motion: 400k for 640 pixels wide at 10 frames/s. */
const maxRate = ({ maxWidth, framesPerSecond }: Profile & { kind: 'downsample' }): number =>
  Math.round(400_000 * (maxWidth / 640) ** 1.5 * Math.max(1, framesPerSecond / 10) ** 0.7);

function audio(codec: string, profile: Profile): string[] {
  if (profile.kind === 'copy' && /^(aac|mpeg4-generic|mp4a-latm)$/i.test(codec)) {
    // A packet's time may be off by a few milliseconds. We let packets follow each other seamlessly
    // until they are more than a fifth of a second off.
    const seamless = '(PREV_OUTPTS+DURATION)';
    const time = `if(N,if(lt(abs(PTS-${seamless}),0.2/TB),${seamless},PTS),PTS)`;
    // Since ffmpeg 7.1 knows AAC whose packets depend on others, it takes none that comes by RTP for a
    // key frame, and would copy none.
    return ['-c:a', 'copy', '-copyinkf:a', '-bsf:a', `setts=ts='${time}'`];
  }
  const bitsPerSecond = profile.kind === 'copy' ? 32_000 : profile.audioBitsPerSecond;
  // biome-ignore format: each option with its value
  return [
    // The same for samples: they are stretched a little, or filled or cut if that isn't enough.
    '-af', `aselect='gt(t,${longAgo})',aresample=async=1000`,
    '-c:a', 'aac',
    '-b:a', `${bitsPerSecond}`,
    '-ac', '1',
    '-ar', `${audioHertz}`,
  ];
}

function output(segmentSeconds: number): string[] {
  const format = {
    // Each fragment can be played without the following ones, and is written at once.
    movflags: '+frag_keyframe+empty_moov+default_base_moof+skip_trailer+frag_discont',
    frag_duration: 500_000,
    flush_packets: 1,
    use_editlist: 0,
    avoid_negative_ts: 'disabled',
    video_track_timescale: 90_000,
  };
  const formatOptions = Object.entries(format).map(([name, value]) => `${name}=${value}`);
  // biome-ignore format: each option with its value
  return [
    '-copyts',
    '-max_interleave_delta', '1000000',
    '-f', 'segment',
    '-segment_time', `${segmentSeconds}`,
    '-segment_atclocktime', '1',
    '-segment_format', 'mp4',
    '-segment_format_options', formatOptions.join(':'),
    // Prints each file's name as soon as the file is complete.
    '-segment_list', 'pipe:1',
    '-segment_list_type', 'flat',
    '%06d.mp4',
  ];
}
