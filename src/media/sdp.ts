/** One stream of a session description: an m= line and the lines after it (RFC 8866 section 5.14). */
export interface MediaDescription {
  /** `video`, `audio`, `application` … */
  readonly kind: string;
  /** Transport protocol and payload types: `RTP/AVP 96`. */
  readonly format: string;
  /** The first payload type. */
  readonly payloadType: number;
  /** In upper case: `H264`, `MPEG4-GENERIC` …; empty if unknown. */
  readonly encoding: string;
  /** Of its RTP timestamps. */
  readonly ticksPerSecond: number;
  /** The a=fmtp of the first payload type; empty if there is none. */
  readonly parameters: string;
  /** The server's name of the track; undefined if that is a URL or no plain name. */
  readonly control: string | undefined;
  /** The lines after the m= line. */
  readonly lines: readonly string[];
}

/** Payload types that need no a=rtpmap (RFC 3551 tables 4 and 5). */
const staticTypes: Readonly<Record<number, string>> = {
  0: 'PCMU',
  8: 'PCMA',
  14: 'MPA',
  26: 'JPEG',
  32: 'MPV',
};

/** What a track's clock runs at that doesn't say: all video, and no other sound than these. */
const usualTicks = 90_000;
const staticTicks: Readonly<Record<number, number>> = { 0: 8_000, 8: 8_000 };

/** The streams of a session description, in their order. Leaves out streams with an invalid m= line. */
export function readSdp(sdp: string): MediaDescription[] {
  return sdp
    .split(/^(?=m=)/m)
    .filter((section) => section.startsWith('m='))
    .flatMap((section) => {
      const [head = '', ...lines] = section.split(/\r?\n/);
      const [, kind, format, type] =
        /^m=([a-z]{1,16}) \d{0,5}(?:\/\d{1,5})? (\S{1,32} (\d{1,3})(?: \d{1,3})*)$/.exec(head) ??
        [];
      if (kind === undefined || format === undefined) return [];
      const payloadType = Number(type);
      const valueOf = (pattern: RegExp): string | undefined =>
        lines.map((line) => pattern.exec(line)?.[1]).find((value) => value !== undefined);
      const ticks = Number(valueOf(new RegExp(`^a=rtpmap:${type} [^/\\s]{1,32}/(\\d{1,7})`)) ?? 0);
      const encoding = valueOf(new RegExp(`^a=rtpmap:${type} ([^/\\s]{1,32})`));
      return {
        kind,
        format,
        payloadType,
        encoding: (encoding ?? staticTypes[payloadType] ?? '').toUpperCase(),
        ticksPerSecond: ticks || (staticTicks[payloadType] ?? usualTicks),
        parameters: valueOf(new RegExp(`^a=fmtp:${type} (.{1,8000})$`)) ?? '',
        control: valueOf(/^a=control:([A-Za-z0-9_=.-]{1,64})$/),
        lines,
      };
    });
}

/** What a stream carries. */
export interface Media {
  readonly video?: { readonly codec: string } | undefined;
  readonly audio?: { readonly codec: string } | undefined;
}

/** Our names for encodings (RFC 3551 section 6 and each payload format's own RFC). */
const codecs: Readonly<Record<string, string>> = {
  H264: 'h264',
  H265: 'h265',
  JPEG: 'mjpeg',
  PCMU: 'pcmu',
  PCMA: 'pcma',
  MPA: 'mp3',
  'MPA-ROBUST': 'mp3',
  'MPEG4-GENERIC': 'aac',
  'MP4A-LATM': 'aac',
  OPUS: 'opus',
};

/**
 * The codecs of the first video and the first audio stream: `h264`, `h265`, `mjpeg`; `pcmu`, `pcma`,
 * `mp3`, `aac`, `opus`; any other codec has its encoding name in lower case.
 */
export function mediaOf(streams: readonly MediaDescription[]): Media {
  const codecOf = (wanted: string): { readonly codec: string } | undefined => {
    const name = streams.find(({ kind, encoding }) => kind === wanted && encoding)?.encoding;
    return name === undefined ? undefined : { codec: codecs[name] ?? name.toLowerCase() };
  };
  return { video: codecOf('video'), audio: codecOf('audio') };
}
