import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { it } from 'node:test';
import { promisify } from 'node:util';
import { FloodGate } from '../../src/lib/flood-gate.ts';
import { admitNewcomers } from '../../src/web/newcomers.ts';
import { makeCertificate } from '../support/certificate.ts';
import { clientHello } from '../support/client-hello.ts';
import { KeptLog } from '../support/kept-log.ts';
import { eventually } from '../support/until.ts';

it('silent connections to the page keep out only their own network, and leave a line in the log', async () => {
  const log = new KeptLog();
  using gate = new FloodGate(log);
  const server = createServer((_request, response) => response.end('here'));
  admitNewcomers(server, gate, { most: 12, mostPerNetwork: 6, patienceMs: 60_000 });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ host: '127.0.0.1', port, localAddress });
    socket.on('error', () => {}).resume();
    sockets.push(socket);
    await once(socket, 'connect');
    return socket;
  };
  try {
    for (let count = 0; count < 30; count += 1) await open(`127.1.${count % 3}.1`);
    await eventually('the end of most', 5_000, () => {
      return sockets.filter(({ closed }) => !closed).length === 12;
    });
    // Those that have asked for something take no place.
    for (let count = 0; count < 20; count += 1) {
      const honest = await open('127.2.0.1');
      honest.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      const [answer] = await once(honest, 'data', { signal: AbortSignal.timeout(5_000) });
      assert.match(String(answer), /^HTTP\/1\.1 200 /);
    }
    assert.equal(log.complaints(/closed a connection to the page/).length, 1);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});

it('TLS begins for few newcomers in one turn of the loop, and for each of them', async () => {
  const clients = 60;
  await using certificate = await makeCertificate('127.0.0.1');
  const cert = await readFile(certificate.certificateFile);
  const key = await readFile(certificate.keyFile);
  const server = createTlsServer({ cert, key });
  using gate = new FloodGate(new KeptLog());
  let turn = 0;
  const counting = setImmediate(function count() {
    turn += 1;
    next = setImmediate(count);
  });
  let next = counting;
  /** How often TLS began, by turn. */
  const begun = new Map<number, number>();
  const [serve] = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    begun.set(turn, (begun.get(turn) ?? 0) + 1);
    serve?.call(server, socket);
  });
  admitNewcomers(server, gate);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets = Array.from({ length: clients }, () => connect({ host: '127.0.0.1', port }));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const hello = await clientHello();
    await eventually('all of them at the server', 5_000, async () => {
      return (await promisify(server.getConnections.bind(server))()) === clients;
    });
    const answers = Promise.all(sockets.map((socket) => once(socket, 'data')));
    for (const socket of sockets) socket.on('error', () => {}).write(hello);
    // TLS 1.3 and 1.2: a handshake record, which begins with the server's hello.
    for (const [answer] of (await answers) as [Buffer][]) assert.equal(answer[0], 22);
    const most = Math.max(...begun.values());
    assert.ok(most <= 6, `${most} in one turn`);
  } finally {
    clearImmediate(next);
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  }
});
