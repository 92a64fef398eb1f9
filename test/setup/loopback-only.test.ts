import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { Child } from '../../src/lib/child.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { eventually } from '../support/until.ts';
import { ffmpeg, live555ProxyServer, loopbackOnly } from '../support/tools.ts';

/** Local addresses of a process's internet sockets that anyone could send to. */
async function openSockets(pid: number, protocol: 'tcp' | 'udp'): Promise<string[]> {
  const { stdout } = await execa('ss', ['-Hnp', protocol === 'tcp' ? '-lt' : '-lu']);
  return stdout
    .split('\n')
    .filter((line) => line.includes(`pid=${pid},`))
    .flatMap((line) => line.split(/\s+/)[3] ?? []);
}

function startProxy(source: string, port: number): Child {
  return new Child({
    name: 'relay',
    file: live555ProxyServer(),
    args: ['-t', '-p', String(port), source],
    env: { LD_PRELOAD: loopbackOnly(), RELAY_CAMERA_PORT: new URL(source).port },
  });
}

/** A port that was free a moment ago, below those that the kernel gives to connections. */
const somePort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

describe('a live555ProxyServer with loopback-only preloaded', () => {
  it('listens on loopback alone, and not for RTSP over HTTP', async () => {
    const port = somePort();
    await using proxy = startProxy('rtsp://127.0.0.1:1/none', port);
    const sockets = await eventually('listening', 5_000, async () => {
      const open = await openSockets(proxy.pid ?? 0, 'tcp');
      return open.length >= 2 && open;
    });
    assert.deepEqual(sockets.sort(), [`127.0.0.1:${port}`, `[::1]:${port}`]);
    assert.deepEqual(await openSockets(proxy.pid ?? 0, 'udp'), []);
  });

  it('takes no UDP from elsewhere, though it opens ports for it while it has the camera', async () => {
    const port = somePort();
    await using camera = await startRtspCamera({ video: 'h264' });
    await using proxy = startProxy(camera.url, port);
    const url = `rtsp://127.0.0.1:${port}/proxyStream`;
    await eventually('a stream', 10_000, () => execa('ffprobe', ['-v', 'error', url]));
    await using _viewer = new Child({
      name: 'viewer',
      file: ffmpeg(),
      args: ['-v', 'error', '-nostdin', '-rtsp_transport', 'tcp', '-i', url, '-f', 'null', '-'],
    });
    const sockets = await eventually('sockets for UDP', 10_000, async () => {
      const open = await openSockets(proxy.pid ?? 0, 'udp');
      return open.length >= 2 && open;
    });
    for (const socket of sockets) assert.match(socket, /^(127\.0\.0\.1|\[::1\]):\d+$/);
  });
});
