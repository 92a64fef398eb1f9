import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { LoopbackServer } from '../../src/lib/loopback-server.ts';

describe('a server on loopback', () => {
  it('ends its connections when it is disposed of, as often as that is', async () => {
    const server = new LoopbackServer({ onConnection: (socket) => socket.write('hello') });
    await server.listen();
    const client = connect(server.port, '127.0.0.1');
    client.on('error', () => {});
    await once(client, 'data');
    const closed = once(client, 'close');
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await closed;
    assert.throws(() => server.port, /closed/);
  });

  it('tells of connections that are too many', async () => {
    const dropped = Promise.withResolvers<void>();
    await using server = new LoopbackServer({
      maxConnections: 1,
      onConnection: (socket) => socket.write('hello'),
      onDrop: () => dropped.resolve(),
    });
    await server.listen();
    const clients = [1, 2].map(() => connect(server.port, '127.0.0.1').on('error', () => {}));
    await dropped.promise;
    for (const client of clients) client.destroy();
  });
});
