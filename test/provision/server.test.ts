import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatServer,
  knownHosts,
  readServer,
  serverOfListener,
  tunnelConf,
} from '../../src/provision/server.ts';

describe('the servers of a card', () => {
  it('are read as operators write them', () => {
    for (const [text, written] of [
      ['cctv.example.com:2222', 'cctv.example.com:2222'],
      ['cctv.example.com', 'cctv.example.com:22'],
      ['203.0.113.7:443', '203.0.113.7:443'],
      ['[2001:db8::7]:2222', '[2001:db8::7]:2222'],
      ['2001:db8::7', '[2001:db8::7]:22'],
      ['[2001:db8::7]', '[2001:db8::7]:22'],
    ] as const) {
      assert.equal(formatServer(readServer(text, 22)), written);
    }
  });

  it('are refused with a sentence if they are none', () => {
    for (const text of [
      '',
      ':22',
      'a b:22',
      'host:0',
      'host:65536',
      'host:x',
      "h'o:1",
      '1.2.3:4',
      '[::g]:1',
      '-x:1',
      'http://host:1',
      '$(reboot)',
      'host;reboot',
      '[host]:1x',
    ]) {
      assert.throws(() => readServer(text, 22), /is no server: write HOST:PORT/, text);
    }
  });

  it('are guessed from where the daemon listens only if cameras can reach that', () => {
    assert.deepEqual(serverOfListener('203.0.113.7:2222'), { host: '203.0.113.7', port: 2222 });
    for (const listener of ['0.0.0.0:2222', '[::]:2222', '127.0.0.1:2222', '[::1]:2222']) {
      assert.throws(() => serverOfListener(listener), /--server HOST:2222/);
    }
  });

  it('stand in tunnel.conf with the login, and in known_hosts with each key', () => {
    const servers = [readServer('cctv.example.com:2222', 22), readServer('[2001:db8::7]:2222', 22)];
    assert.equal(
      tunnelConf(servers, 'bach.front-door', '127.0.0.1:8554'),
      "SERVERS='cctv.example.com:2222 [2001:db8::7]:2222'\nLOGIN='bach.front-door'\nRTSP='127.0.0.1:8554'\n",
    );
    assert.throws(() => tunnelConf(servers, "a'b", '127.0.0.1:8554'), /LOGIN can't be/);
    assert.equal(
      knownHosts(servers, ['ssh-ed25519 AAAA comment', 'ssh-ed25519 BBBB']),
      [
        'cctv.example.com ssh-ed25519 AAAA',
        'cctv.example.com ssh-ed25519 BBBB',
        '2001:db8::7 ssh-ed25519 AAAA',
        '2001:db8::7 ssh-ed25519 BBBB',
        '',
      ].join('\n'),
    );
  });
});
