import type { Socket } from 'node:net';
import { Child } from '../lib/child.ts';
import { OperatorError } from '../lib/errors.ts';
import { LoopbackServer } from '../lib/loopback-server.ts';
import { aborted } from '../lib/until.ts';
import { freePort } from './port.ts';
import { relayProgram } from './program.ts';

export interface RelayProbeOptions {
  /** The program live555ProxyServer. */
  readonly program: string;
  /** Path of the library that keeps the relay to its camera (loopback-only.c). */
  readonly preload: string;
  readonly signal: AbortSignal;
}

const withinMs = 5_000;

/**
 * Tries whether a relay goes where a camera's answer sends it: a server redirects it to another one on this
 * machine, as a camera could to the relay of another account.
 *
 * @returns whether the relay was seen to be kept back; false if that could not be seen in time
 * @throws {OperatorError} it went there
 */
export async function probeRelay({
  program,
  preload,
  signal,
}: RelayProbeOptions): Promise<boolean> {
  const seen = Promise.withResolvers<'reached' | 'kept back' | 'unknown'>();
  await using other = await serve(() => seen.resolve('reached'));
  await using camera = await serve((socket) => {
    socket.on('data', (request) => {
      const cseq = /CSeq: *(\d+)/i.exec(String(request))?.[1] ?? '1';
      const location = `rtsp://127.0.0.1:${other.port}/other`;
      socket.write(`RTSP/1.0 302 Moved\r\nCSeq: ${cseq}\r\nLocation: ${location}\r\n\r\n`);
    });
  });
  const source = `rtsp://127.0.0.1:${camera.port}/probe`;
  let redirected = false;
  await using child = new Child({
    ...relayProgram({ program, preload, source, port: await freePort() }),
    onStderrLine: (line) => {
      redirected ||= line.startsWith('RTSP/1.0 302');
      if (redirected && line.startsWith('...connect() failed')) seen.resolve('kept back');
    },
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(withinMs)]);
  aborted(limit).then(() => seen.resolve('unknown'), seen.reject);
  child.ended(limit).catch(() => seen.resolve('unknown'));
  const outcome = await seen.promise;
  if (outcome === 'reached') {
    throw new OperatorError(
      `relay.preload: ${preload} lets a relay connect to other servers than its camera's, such as another camera's relay. Build it anew (bin/tools)`,
    );
  }
  return outcome === 'kept back';
}

async function serve(onConnection: (socket: Socket) => void): Promise<LoopbackServer> {
  const server = new LoopbackServer({ onConnection });
  await server.listen();
  return server;
}
