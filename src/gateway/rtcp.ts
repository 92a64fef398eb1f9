/** Sender and receiver reports, SDES, BYE; feedback (RFC 3550 section 12.1, RFC 4585 section 6.1). */
const known: ReadonlySet<number> = new Set([200, 201, 202, 203, 205, 206]);
/** Relays lose their place in the stream at longer packets. */
const maxBytes = 1_024;

/** Whether this is a compound RTCP packet as players send them (RFC 3550 section 6.1). */
export function isRtcp(packet: Buffer): boolean {
  if (packet.length === 0 || packet.length > maxBytes) return false;
  let at = 0;
  while (at < packet.length) {
    if (packet.length - at < 4 || packet.readUInt8(at) >> 6 !== 2) return false;
    if (!known.has(packet.readUInt8(at + 1))) return false;
    at += 4 * (packet.readUInt16BE(at + 2) + 1);
  }
  return at === packet.length;
}
