export interface Interleaving {
  /** The channels for RTP and RTCP that the player wants; undefined for any. */
  readonly channels: readonly [number, number] | undefined;
}

function parseOne(text: string): Interleaving | undefined {
  const [protocol = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  if (protocol !== 'rtp/avp/tcp') return undefined;
  const mode = parameters.find((part) => part.startsWith('mode='));
  if (mode !== undefined && !/^mode="?play"?$/.test(mode)) return undefined;
  if (parameters.includes('multicast')) return undefined;
  const wish = parameters.find((part) => part.startsWith('interleaved='));
  if (wish === undefined) return { channels: undefined };
  const [, first, second] = /^interleaved=(\d{1,3})(?:-(\d{1,3}))?$/.exec(wish) ?? [];
  if (first === undefined) return undefined;
  const rtp = Number(first);
  const rtcp = second === undefined ? rtp + 1 : Number(second);
  return rtp > 255 || rtcp > 255 || rtp === rtcp ? undefined : { channels: [rtp, rtcp] };
}

/**
 * The first transport that the player offers (RFC 2326 section 12.39) and we support: RTP
 * interleaved in the RTSP connection. Undefined if there is none.
 */
export function parseTransport(header: string): Interleaving | undefined {
  for (const text of header.split(',')) {
    const found = parseOne(text);
    if (found !== undefined) return found;
  }
  return undefined;
}
