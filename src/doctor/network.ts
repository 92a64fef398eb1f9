import { X509Certificate } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, createServer, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Config } from '../config/config.ts';
import { describeError, errorCode } from '../lib/errors.ts';
import { bucketAddress } from './addresses.ts';
import type { DaemonView } from './daemon.ts';
import type { Findings } from './finding.ts';

interface NetworkPlace {
  readonly host: string;
  readonly port: number;
}

const answerMs = 5_000;
const soonMs = 14 * 86_400_000;

export async function checkNetwork(
  config: Config,
  daemon: DaemonView,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const { gateway, console: page, alerts, metrics, tunnel } = config;
  const running = daemon.status !== undefined;
  const tunnelPlace = running ? parsePlace(daemon.status.tunnel.address) : tunnel.listen;
  const places: readonly (readonly [string, NetworkPlace | undefined])[] = [
    ['cameras (tunnel)', tunnelPlace],
    ['viewers (RTSP)', gateway?.listen],
    ['viewers (RTSPS)', gateway?.tls?.listen],
    ['browsers', page.web?.listen],
    ['delivery reports of alerts', alerts?.reports?.listen],
    ['metrics', metrics?.listen],
  ];
  for (const [what, place] of places) {
    if (place !== undefined && place.port !== 0)
      await checkPort(what, place, running, found, signal);
  }
  found.unseen(
    `Whether port ${tunnelPlace.port} can be reached by cameras: that is seen from outside only`,
    `Try from elsewhere: nc -vz THIS-SERVER ${tunnelPlace.port}`,
  );
  if (gateway?.tls !== undefined) {
    // Each account has its own host name below the domain.
    const names = gateway.domain === undefined ? undefined : `*.${gateway.domain}`;
    checkCertificate(gateway.tls, names, found);
  }
  if (page.web?.tls !== undefined) {
    const { publicUrl } = page.web;
    const name = publicUrl === undefined ? undefined : new URL(publicUrl).hostname;
    checkCertificate(page.web.tls, name, found);
  }
  await checkEndpoint(bucketAddress(config), found, signal);
}

function parsePlace(address: string): NetworkPlace {
  const at = address.lastIndexOf(':');
  return {
    host: address.slice(0, at).replace(/^\[|\]$/g, ''),
    port: Number(address.slice(at + 1)),
  };
}

const fromHere = (host: string): string =>
  host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;

async function checkPort(
  what: string,
  { host, port }: NetworkPlace,
  running: boolean,
  found: Findings,
  signal: AbortSignal,
): Promise<void> {
  const name = `${host} port ${port}, for ${what}`;
  if (running) {
    try {
      await knock({ host: fromHere(host), port }, signal);
      found.ok(`It answers at ${name}`);
    } catch (error) {
      found.problem(
        `Nothing answers at ${name}: ${describeError(error)}`,
        'Restart the daemon, which says in its log why it can not listen',
      );
    }
    return;
  }
  const trouble = await tryListening({ host, port });
  if (trouble === undefined) found.ok(`The daemon could listen at ${name}`);
  else if (trouble === 'EACCES') {
    found.unseen(
      `Whether the daemon could listen at ${name}: this user may not`,
      'Run it with sudo',
    );
  } else if (trouble === 'EADDRINUSE') {
    found.problem(
      `Another program listens at ${name}`,
      `See which: ss -ltnp 'sport = :${port}'; end it, or give another port`,
    );
  } else found.problem(`Nobody can listen at ${name}: ${trouble}`, 'Give another address');
}

async function knock(place: NetworkPlace, parent: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([parent, AbortSignal.timeout(answerMs)]);
  const socket = connect({ ...place, signal });
  try {
    await once(socket, 'connect', { signal });
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}

async function tryListening({ host, port }: NetworkPlace): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen({ host, port, exclusive: true });
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    return errorCode(error) ?? describeError(error);
  }
}

function judgeExpiry(what: string, validTo: string, advice: string, found: Findings): void {
  const leftMs = Date.parse(validTo) - Date.now();
  const days = Math.floor(Math.abs(leftMs) / 86_400_000);
  if (leftMs < 0) found.problem(`${what} expired ${days} days ago`, advice);
  else if (leftMs < soonMs) found.warning(`${what} expires in ${days} days`, advice);
  else found.ok(`${what} is valid for ${days} more days`);
}

function checkCertificate(
  { certificateFile, keyFile }: { readonly certificateFile: string; readonly keyFile: string },
  name: string | undefined,
  found: Findings,
): void {
  const advice = 'Renew it; the daemon reads it again by itself';
  try {
    const certificate = new X509Certificate(readFileSync(certificateFile));
    judgeExpiry(`The certificate ${certificateFile}`, certificate.validTo, advice, found);
    if (name !== undefined && !isFor(certificate, name)) {
      found.problem(`${certificateFile} is not for ${name}`, `Get one for ${name}`);
    }
  } catch (error) {
    if (errorCode(error) === 'EACCES') {
      found.unseen(
        `The certificate ${certificateFile}: this user may not read it`,
        'Run it with sudo',
      );
    } else {
      found.problem(`${certificateFile} can't be used: ${describeError(error)}`, advice);
    }
  }
  try {
    readFileSync(keyFile);
  } catch (error) {
    found.unseen(`The key ${keyFile}: ${describeError(error)}`, 'Run it with sudo');
  }
}

/** @param name a host name, an address, or `*.` and a domain for any name in the domain */
function isFor(certificate: X509Certificate, name: string): boolean {
  const host = name.replace(/^\*\./, 'any.').replace(/^\[|\]$/g, '');
  const match = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
  return match !== undefined;
}

async function checkEndpoint(address: URL, found: Findings, signal: AbortSignal): Promise<void> {
  const { hostname } = address;
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0) {
    try {
      const addresses = await lookup(host, { all: true });
      found.ok(`${host} is at ${addresses.map((one) => one.address).join(', ')}`);
    } catch (error) {
      found.problem(
        `The name ${host} of the bucket can't be resolved: ${describeError(error)}`,
        "Check the endpoint's name, and this machine's DNS (/etc/resolv.conf)",
      );
      return;
    }
  }
  if (address.protocol !== 'https:') return;
  const port = Number(address.port || 443);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  const socket = connectTls({
    host,
    port,
    rejectUnauthorized: false,
    ALPNProtocols: ['http/1.1'],
    ...(isIP(host) === 0 ? { servername: host } : {}),
  });
  try {
    await once(socket, 'secureConnect', { signal: limit });
    const advice =
      'Mend the certificate there; for an authority of your own set NODE_EXTRA_CA_CERTS';
    judgeExpiry(`The certificate of ${host}`, socket.getPeerCertificate().valid_to, advice, found);
    if (!socket.authorized) {
      found.problem(
        `The certificate of ${host} is not trusted: ${describeError(socket.authorizationError)}`,
        advice,
      );
    }
  } catch (error) {
    found.problem(
      `No TLS connection to ${host} port ${port}: ${describeError(error)}`,
      "Check the endpoint, and that this machine's firewall lets it out",
    );
  } finally {
    socket.on('error', () => {});
    socket.destroy();
  }
}
