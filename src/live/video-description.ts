import { readSdp } from '../media/sdp.ts';

/** The video of a stream, as far as it takes to play it. */
export interface VideoDescription {
  /** In capitals: `H264`, `H265`, `JPEG` … */
  readonly encoding: string;
  readonly payloadType: number;
  /** What its server calls the track. */
  readonly control: string;
  /** NAL units of sprop-parameter-sets (RFC 6184 section 8.1). */
  readonly parameterSets: readonly Buffer[];
}

/** The first video of a session description; undefined if it has none that can be asked for. */
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
