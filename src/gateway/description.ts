export interface Description {
  /** For the player: track N of it is `trackN` of the camera's URL. */
  readonly sdp: string;
  /** What the relay calls the tracks, in their order. */
  readonly controls: readonly string[];
}

const maxTracks = 8;
const mediaLine = /^m=(video|audio|application|text) \d{1,5} (RTP\/AVPF?(?: \d{1,3}){1,8})$/;
const controlLine = /^a=control:([A-Za-z0-9_=.-]{1,64})$/;
/** What a player needs to decode. Anything else might lead it elsewhere. */
const kept =
  /^(?:b=[A-Z]{2,4}:\d{1,9}|a=(?:rtpmap|fmtp|framerate|framesize|ptime|maxptime|cliprect|x-dimensions|x-framerate):[\x20-\x7e]{1,8000})$/;

/**
 * Writes a session description (RFC 8866) anew from what the relay says, which in turn comes from the
 * camera: only lines that are known go through, no address, and no URL.
 *
 * @param name what players show as the title
 * @throws it is not a description of RTP streams that we know
 */
export function rewriteDescription(relaySdp: string, name: string): Description {
  const controls: string[] = [];
  const tracks: string[] = [];
  for (const section of relaySdp.split(/^(?=m=)/m).slice(1)) {
    const lines = section.split(/\r?\n/);
    const [, kind, format] = mediaLine.exec(lines[0] ?? '') ?? [];
    const control = lines.map((line) => controlLine.exec(line)?.[1]).find((one) => one);
    if (kind === undefined || control === undefined) throw new Error('a track of an unknown kind');
    controls.push(control);
    tracks.push(
      `m=${kind} 0 ${format}`,
      ...lines.slice(1).filter((line) => kept.test(line)),
      `a=control:track${controls.length}`,
    );
  }
  if (controls.length === 0 || controls.length > maxTracks)
    throw new Error('no tracks, or too many');
  const session = [
    'v=0',
    `o=- ${Date.now()} 1 IN IP4 0.0.0.0`,
    `s=${name}`,
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
  ];
  return { sdp: [...session, ...tracks, ''].join('\r\n'), controls };
}
