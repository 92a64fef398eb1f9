import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { silentLog } from '../../src/lib/log.ts';
import { parseCameraName } from '../../src/model/camera-name.ts';
import { openLoopbackPort } from '../../src/tunnel/loopback-port.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { prepareTunnelServer, type TunnelServer } from '../../src/tunnel/server.ts';
import type { Tunnel } from '../../src/tunnel/tunnel.ts';
import { answer } from './answering-process.ts';

// The tunnel server as the daemon has it, with a loopback port for each camera that dials in.

export type TunnelQuestion =
  | {
      readonly hostKeyFile: string;
      /** Public keys, by the account/camera they are enrolled for. */
      readonly keys: Readonly<Record<string, string>>;
    }
  /** The loopback ports of cameras, when all have one. */
  | { readonly portsOf: readonly string[] }
  /** Frees memory that nothing uses any more, which Node would do in its own time. */
  | { readonly tidy: true };

export interface TunnelAnswer {
  /** Of the cameras asked for; at first, where it listens. */
  readonly ports: readonly number[];
  readonly hostKeyLine?: string;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let server: TunnelServer | undefined;
const ports = new Map<string, PromiseWithResolvers<number>>();

async function serve(tunnel: Tunnel): Promise<void> {
  const name = `${tunnel.camera.account}/${tunnel.camera.camera}`;
  const forward = await tunnel.forward('rtsp', tunnel.closed);
  const loopback = await openLoopbackPort(forward, silentLog);
  tunnel.closed.addEventListener('abort', () => {
    ports.delete(name);
    void loopback[Symbol.asyncDispose]();
  });
  portOf(name).resolve(loopback.port);
}

function portOf(name: string): PromiseWithResolvers<number> {
  const port = ports.get(name) ?? Promise.withResolvers<number>();
  ports.set(name, port);
  return port;
}

answer<TunnelQuestion>(async (question): Promise<TunnelAnswer> => {
  if ('tidy' in question) {
    collectGarbage();
    return { ports: [] };
  }
  if ('portsOf' in question) {
    const asked = question.portsOf.map((name) => portOf(name).promise);
    return { ports: await Promise.all(asked) };
  }
  const cameras = new Map(
    Object.entries(question.keys).map(([name, line]) => [
      parsePublicKey(line).blob.toString('base64'),
      parseCameraName(name),
    ]),
  );
  server = await prepareTunnelServer({
    listen: { host: '127.0.0.1', port: 0 },
    hostKeyFile: question.hostKeyFile,
    nextHostKeyFile: `${question.hostKeyFile}.next`,
    algorithms: 'default',
    log: silentLog,
    findCamera: ({ blob }) => cameras.get(blob.toString('base64')),
    onTunnel: (tunnel) => void serve(tunnel).catch(() => {}),
  });
  await server.listen();
  return { ports: [server.address.port], hostKeyLine: server.hostKeyLine };
});
