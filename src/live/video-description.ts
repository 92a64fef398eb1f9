import { readSdp } from '../media/sdp.ts';

/** What is needed to play the video of a stream. */
export interface VideoDescription {
  /** In upper case: `H264`, `H265`, `JPEG` … */
  readonly encoding: string;
  readonly payloadType: number;
  /** The server's name of the track. */
  readonly control: string;
  /** NAL units of sprop-parameter-sets (RFC 6184 section 8.1). */
  readonly parameterSets: readonly Buffer[];
}

/** The first video of a session description; undefined if there is none, or it can't be requested. */
export function findVideo(sdp: string): VideoDescription | undefined {
  const video = readSdp(sdp).find(({ kind }) => kind === 'video');
  if (video?.control === undefined || !/^RTP\/AVPF? /.test(video.format)) return undefined;
  const { encoding, payloadType, control, parameters } = video;
  const sets = /sprop-parameter-sets=([\w+/=,-]+)/.exec(parameters)?.[1]?.split(',') ?? [];
  return {
    encoding,
    payloadType,
    control,
    parameterSets: sets.map((set) => Buffer.from(set, 'base64')).filter(({ length }) => length > 0),
  };
}
