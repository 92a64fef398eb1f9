import { readSdp } from '../media/sdp.ts';

/** What a player is told of a camera's stream. */
export interface PlayerDescription {
  /** Track N of it is `trackN` of the camera's URL. */
  readonly sdp: string;
  /** What the relay calls the tracks, in their order. */
  readonly controls: readonly string[];
}

const maxTracks = 8;
const kinds = ['video', 'audio', 'application', 'text'];
const rtp = /^RTP\/AVPF?(?: \d{1,3}){1,8}$/;
/** What a player needs to decode. Anything else might lead it elsewhere. */
const kept =
  /^(?:b=[A-Z]{2,4}:\d{1,9}|a=(?:rtpmap|fmtp|framerate|framesize|ptime|maxptime|cliprect|x-dimensions|x-framerate):[\x20-\x7e]{1,8000})$/;

/**
 * Writes a session description (RFC 8866) anew from what the relay says, which in turn comes from the
 * camera: only known lines go through, no address, and no URL.
 *
 * @param name what players show as the title
 * @throws it is not a description of RTP streams that we know
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
