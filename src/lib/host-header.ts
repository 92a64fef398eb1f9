import { isIP } from 'node:net';

/** Names under which nobody can publish an address: those without a dot, and those kept for private use. */
const privateName = /^[^.]+$|\.(localhost|local|lan|internal|home\.arpa|test)$/;

/**
 * Whether a browser that asks with this Host header can only have meant us. A foreign page can have its own
 * name resolve to our address, and would then read our answers as those of its own site (DNS rebinding).
 *
 * @param host the header (RFC 9110 section 7.2), with or without a port; browsers always send it
 * @param ownNames others than addresses and private names
 */
export function isOwnHost(host: string | undefined, ownNames: readonly string[] = []): boolean {
  if (host === undefined) return true;
  const name = URL.parse(`http://${host}`)?.hostname.replace(/\.$/, '');
  if (name === undefined) return false;
  const isAddress = name.startsWith('[') || isIP(name) !== 0;
  return isAddress || privateName.test(name) || ownNames.includes(name);
}
