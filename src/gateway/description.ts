import { readSdp } from '../media/sdp.ts';

/** The description of a camera's stream for players. */
export interface PlayerDescription {
  /** Track N has the URL `trackN` below the camera's URL. */
  readonly sdp: string;
  /** The relay's names of the tracks, in the same order. */
  readonly controls: readonly string[];
}

const maxTracks = 8;
const kinds = ['video', 'audio', 'application', 'text'];
const rtp = /^RTP\/AVPF?(?: \d{1,3}){1,8}$/;
/** The lines that a player needs for decoding. Any other line might lead it to another server. */
const kept =
  /^(?:b=[A-Z]{2,4}:\d{1,9}|a=(?:rtpmap|fmtp|framerate|framesize|ptime|maxptime|cliprect|x-dimensions|x-framerate):[\x20-\x7e]{1,8000})$/;

/**
 * Rewrites the relay's session description (RFC 8866), which comes from the camera and can't be
 * trusted: only known lines pass, and no address or URL.
 *
 * @param name the title that players show
 * @throws if it doesn't describe RTP streams of known kinds
 */
export function rewriteDescription(relaySdp: string, name: string): PlayerDescription {
  const streams = readSdp(relaySdp);
  const tracks = streams.flatMap(({ kind, format, control, lines }, i) => {
    if (!kinds.includes(kind) || !rtp.test(format) || control === undefined) {
      throw new Error('a track of an unknown kind');
    }
    return [
      `m=${kind} 0 ${format}`,
      ...lines.filter((line) => kept.test(line)),
      `a=control:track${i + 1}`,
    ];
  });
  if (streams.length === 0 || streams.length > maxTracks) throw new Error('no tracks, or too many');
  const session = [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 0.0.0.0`,
    `s=${name}`,
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
  ];
  return {
    sdp: [...session, ...tracks, ''].join('\r\n'),
    controls: streams.map(({ control = '' }) => control),
  };
}
