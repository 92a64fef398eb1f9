import { isIPv4, isIPv6 } from 'node:net';
import { OperatorError } from '../lib/errors.ts';

/** Where a camera dials in. */
export interface Server {
  /** A name or an address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*$/;

export const isHost = (text: string): boolean =>
  isIPv4(text) || isIPv6(text) || (hostName.test(text) && !/^[\d.]+$/.test(text));

/**
 * Reads `HOST:PORT`, `HOST`, `[ADDRESS]:PORT` or an IPv6 address.
 *
 * @throws {OperatorError} the text is none of these
 */
export function readServer(text: string, defaultPort: number): Server {
  const bare = isIPv6(text) ? ['', text, undefined] : undefined;
  const [, bracketed, port] =
    bare ??
    /^(?:\[([^\]]*)\])(?::(\d{1,5}))?$/.exec(text) ??
    /^([^:]*)(?::(\d{1,5}))?$/.exec(text) ??
    [];
  const host = bracketed ?? '';
  const number = port === undefined ? defaultPort : Number(port);
  if (isHost(host) && number >= 1 && number <= 65_535) return { host, port: number };
  throw new OperatorError(
    `"${text.slice(0, 200)}" is no server: write HOST:PORT, such as cctv.example.com:2222 or [2001:db8::7]:2222.`,
  );
}

export const formatServer = ({ host, port }: Server): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/**
 * The server that cameras dial, derived from the address on which the daemon listens.
 *
 * @throws {OperatorError} cameras can't reach that address
 */
export function serverOfListener(listener: string): Server {
  const server = readServer(listener, 22);
  const why = ['0.0.0.0', '::'].includes(server.host)
    ? 'on all addresses of this machine, and which of them cameras reach'
    : /^127\.|^::1$/.test(server.host)
      ? 'on loopback only, and where cameras reach it'
      : undefined;
  if (why === undefined) return server;
  throw new OperatorError(
    `The daemon listens at ${listener}: ${why} can't be known from that. Say it with --server HOST:${server.port}.`,
  );
}

const plainValue = /^[A-Za-z0-9._:/@[\]-]+(?: [A-Za-z0-9._:/@[\]-]+)*$/;

/**
 * tunnel.conf, which the camera's shell sources.
 *
 * @param rtsp the camera's RTSP server from the camera's own view, HOST:PORT
 */
export function tunnelConf(servers: readonly Server[], login: string, rtsp: string): string {
  const values = { SERVERS: servers.map(formatServer).join(' '), LOGIN: login, RTSP: rtsp };
  return Object.entries(values)
    .map(([name, value]) => {
      if (!plainValue.test(value)) throw new OperatorError(`${name} can't be "${value}".`);
      return `${name}='${value}'\n`;
    })
    .join('');
}

/**
 * known_hosts in dbclient's format: the host as it is dialled, without port and brackets, and one line
 * for each key that the server may present.
 *
 * @param hostKeys lines of `ALGORITHM BASE64`
 */
export function knownHosts(servers: readonly Server[], hostKeys: readonly string[]): string {
  const hosts = [...new Set(servers.map(({ host }) => host))];
  return hosts
    .flatMap((host) => hostKeys.map((key) => `${host} ${key.split(' ').slice(0, 2).join(' ')}\n`))
    .join('');
}
