import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { LoopbackServer } from '../../src/lib/loopback-server.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { relayOf } from '../support/relay.ts';

const nobody = 65_534;

/** What a user of this machine is answered at a port of 127.0.0.1; undefined: our own user. */
async function answer(port: number, uid?: number): Promise<string> {
  const request = 'OPTIONS rtsp://127.0.0.1/ RTSP/1.0\\r\\nCSeq: 1\\r\\n\\r\\n';
  const script = `exec 3<>/dev/tcp/127.0.0.1/${port}; printf '${request}' >&3; head -c 15 <&3`;
  const options = {
    reject: false,
    timeout: 10_000,
    cwd: '/',
    ...(uid === undefined ? {} : { uid }),
  };
  return (await execa('bash', ['-c', script], options)).stdout;
}

describe('another user of this machine', {
  skip: process.getuid?.() === 0 ? false : 'takes root, who alone can be another user',
}, () => {
  it('gets nothing from a relay, and our own user does', { timeout: 60_000 }, async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    await using relay = await relayOf(camera.url);
    for (let i = 0; i < 3; i += 1) assert.equal(await answer(relay.port, nobody), '');
    assert.equal(await answer(relay.port), 'RTSP/1.0 200 OK');
  });

  it('gets nothing from a port of the daemon, and our own user does', async () => {
    let taken = 0;
    await using server = new LoopbackServer({
      onConnection: (socket) => {
        taken += 1;
        socket.end('RTSP/1.0 200 OK');
      },
    });
    await server.listen();
    assert.equal(await answer(server.port, nobody), '');
    assert.equal(taken, 0);
    assert.equal(await answer(server.port), 'RTSP/1.0 200 OK');
  });
});
