import { isIPv4 } from 'node:net';

/** An address as logs show it: an IPv4-mapped IPv6 address becomes an IPv4 address. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/** A host as a URL has it: IPv6 addresses in brackets. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export const formatAddress = ({ host, port }: { host: string; port: number }): string =>
  `${urlHost(host)}:${port}`;

/** The first `count` groups of an IPv6 address. */
function groupsOf(address: string, count: number): string {
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(zeros, 0) }, () => '0'), ...after];
  const network = groups.slice(0, count).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/${16 * count}`;
}

/**
 * The network that one stranger controls: an IPv4 address, or an IPv6 /64.
 *
 * @param address as {@link plainAddress} returns it
 */
export const networkOf = (address: string): string =>
  isIPv4(address) ? address : groupsOf(address, 4);

/** The network that one stranger can have at most without much effort: an IPv4 /24, or an IPv6 /48. */
export const wideNetworkOf = (address: string): string =>
  isIPv4(address) ? `${address.split('.').slice(0, 3).join('.')}.0/24` : groupsOf(address, 3);
