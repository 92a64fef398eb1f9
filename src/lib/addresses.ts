import { isIPv4 } from 'node:net';

/** An address as logs show it: an IPv4-mapped IPv6 address becomes an IPv4 address. */
export const plainAddress = (address: string): string =>
  address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '');

/** A host as a URL has it: IPv6 addresses in brackets. */
export const urlHost = (host: string): string => (host.includes(':') ? `[${host}]` : host);

export const formatAddress = ({ host, port }: { host: string; port: number }): string =>
  `${urlHost(host)}:${port}`;

/**
 * The network that one stranger controls: an IPv4 address, or an IPv6 /64.
 *
 * @param address as {@link plainAddress} returns it
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) return address;
  const [head = '', tail] = address.replace(/%.*$/, '').split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: Math.max(zeros, 0) }, () => '0'), ...after];
  const network = groups.slice(0, 4).map((group) => Number.parseInt(group, 16).toString(16));
  return `${network.join(':')}::/64`;
}
