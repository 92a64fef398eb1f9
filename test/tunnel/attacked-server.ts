import { writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import { formatCameraName, parseCameraName } from '../../src/model/camera-name.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { prepareTunnelServer } from '../../src/tunnel/server.ts';
import type { Tunnel } from '../../src/tunnel/tunnel.ts';
import { KeptLog } from '../support/kept-log.ts';
import { type AttackedReport, type AttackedSetup, frameAt, frameBytes } from './victim.ts';

/**
 * A tunnel server in a process of its own, whose memory can be measured. It reads the stream of
 * cameras named "victim" and compares each byte; it opens a connection to those named "unread" and
 * never reads it.
 */

const setup = JSON.parse(process.argv[2] ?? '{}') as AttackedSetup;
const cameras = new Map(
  Object.entries(setup.keys).map(([name, line]) => [
    parsePublicKey(line).blob.toString('base64'),
    parseCameraName(name),
  ]),
);
const log = new KeptLog();
const victim = { frames: 0, damaged: 0, ended: false };
const uncaught: string[] = [];
process.on('uncaughtException', (error) => uncaught.push(String(error.stack)));
process.on('unhandledRejection', (error) => uncaught.push(String(error)));

async function read(stream: Duplex): Promise<void> {
  let rest = Buffer.alloc(0);
  try {
    for await (const chunk of stream) {
      rest = Buffer.concat([rest, chunk as Buffer]);
      while (rest.length >= frameBytes) {
        if (!rest.subarray(0, frameBytes).equals(frameAt(victim.frames))) victim.damaged += 1;
        victim.frames += 1;
        rest = rest.subarray(frameBytes);
      }
    }
    victim.ended = rest.length === 0;
  } catch {
    // It shows in what it has counted.
  }
}

async function serve(tunnel: Tunnel): Promise<void> {
  const { camera } = tunnel.camera;
  if (camera !== 'victim' && camera !== 'unread') return;
  const forward = await tunnel.forward('rtsp', AbortSignal.timeout(20_000));
  const stream = await forward.open(AbortSignal.timeout(20_000));
  if (camera === 'victim') await read(stream);
}

const server = await prepareTunnelServer({
  listen: { host: '127.0.0.1', port: 0 },
  hostKeyFile: setup.hostKeyFile,
  nextHostKeyFile: `${setup.hostKeyFile}.next`,
  algorithms: 'default',
  log,
  loginGraceMs: 3_000,
  // The attacks log in with one camera's key over and over.
  dialIns: [{ burst: 1_000_000, everyMs: 1 }],
  pace: { rate: { burst: 10_000, everyMs: 0.1 }, perTurn: 2_000, patienceMs: 1_000 },
  findCamera: ({ blob }) => cameras.get(blob.toString('base64')),
  onTunnel: (tunnel) => {
    serve(tunnel).catch((error: unknown) => {
      log.debug(`${formatCameraName(tunnel.camera)}: ${String(error)}`);
    });
  },
});
await server.listen();

async function peakBytes(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

async function answer(request: 'begin' | 'report' | 'stop'): Promise<void> {
  if (request === 'stop') {
    await server[Symbol.asyncDispose]();
    process.disconnect();
    return;
  }
  if (request === 'begin') {
    globalThis.gc?.();
    // From here on the peak is that of what follows (proc(5), clear_refs).
    writeFileSync('/proc/self/clear_refs', '5');
  }
  const report: AttackedReport = {
    port: server.address.port,
    hostKeyLine: server.hostKeyLine,
    peakBytes: await peakBytes(),
    victim: { ...victim },
    uncaught,
  };
  process.send?.(report);
}
process.on('message', (request: 'begin' | 'report' | 'stop') => {
  answer(request).catch((error: unknown) => uncaught.push(String(error)));
});
// It must not outlive the test, whose runner waits for all that write to its pipes.
process.on('disconnect', () => process.exit());
process.send?.('ready');
