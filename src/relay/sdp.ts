/** What a stream carries. */
export interface Media {
  readonly video?: { readonly codec: string };
  readonly audio?: { readonly codec: string };
}

/** Encoding names (RFC 3551 section 6 and each payload format's own RFC), as we call them. */
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

/** Payload types that need no a=rtpmap (RFC 3551 tables 4 and 5). */
const staticTypes: Readonly<Record<string, string>> = {
  '0': 'PCMU',
  '8': 'PCMA',
  '14': 'MPA',
  '26': 'JPEG',
};

/**
 * The first video and the first audio stream of a session description (RFC 8866). Codecs are `h264`,
 * `h265`, `mjpeg`; `pcmu`, `pcma`, `mp3`, `aac`, `opus`; any other has its encoding name in lower case.
 */
export function parseMedia(sdp: string): Media {
  const sections = sdp.split(/^(?=m=)/m).slice(1);
  const codecOf = (kind: string): string | undefined => {
    for (const section of sections) {
      const [, type = ''] = /^m=(?:video|audio) [1-9]?\d*(?:\/\d+)? \S+ (\d+)/.exec(section) ?? [];
      if (!section.startsWith(`m=${kind} `) || type === '') continue;
      const mapped = new RegExp(`^a=rtpmap:${type} ([^/\\s]+)`, 'm').exec(section)?.[1];
      const name = (mapped ?? staticTypes[type] ?? '').toUpperCase();
      if (name !== '') return codecs[name] ?? name.toLowerCase();
    }
    return undefined;
  };
  const video = codecOf('video');
  const audio = codecOf('audio');
  return {
    video: video === undefined ? undefined : { codec: video },
    audio: audio === undefined ? undefined : { codec: audio },
  };
}
