/** The video of a session description, as far as it takes to play it. */
export interface VideoDescription {
  /** In capitals: `H264`, `H265`, `JPEG` … */
  readonly encoding: string;
  readonly payloadType: number;
  /** What its server calls the track. */
  readonly control: string;
  /** NAL units of sprop-parameter-sets (RFC 6184 section 8.1). */
  readonly parameterSets: readonly Buffer[];
}

/** RFC 3551 table 5. */
const staticTypes: Readonly<Record<string, string>> = { '26': 'JPEG', '32': 'MPV' };

/** The first video of a session description (RFC 8866); undefined if it has none that can be asked for. */
export function findVideo(sdp: string): VideoDescription | undefined {
  const section = sdp.split(/^(?=m=)/m).find((one) => one.startsWith('m=video '));
  const type = /^m=video \d{1,5} RTP\/AVPF? (\d{1,3})\b/.exec(section ?? '')?.[1];
  const control = /^a=control:([\w=.-]{1,64})\r?$/m.exec(section ?? '')?.[1];
  if (section === undefined || type === undefined || control === undefined) return undefined;
  const mapped = new RegExp(`^a=rtpmap:${type} ([^/\\s]{1,32})`, 'm').exec(section)?.[1];
  const format = new RegExp(`^a=fmtp:${type} (.{1,8000})`, 'm').exec(section)?.[1] ?? '';
  const sets = /sprop-parameter-sets=([\w+/=,-]+)/.exec(format)?.[1]?.split(',') ?? [];
  return {
    encoding: (mapped ?? staticTypes[type] ?? '').toUpperCase(),
    payloadType: Number(type),
    control,
    parameterSets: sets.map((set) => Buffer.from(set, 'base64')).filter(({ length }) => length > 0),
  };
}
