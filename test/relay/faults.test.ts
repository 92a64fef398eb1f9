import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { isAlive } from '../support/processes.ts';
import { live555ProxyServer } from '../support/tools.ts';
import { relayOf } from '../support/relay.ts';

const never = new AbortController().signal;

/**
 * A program that answers the first DESCRIBE as live555ProxyServer would, and then does `fault`. In
 * Perl, which fits into the memory that a relay may have.
 */
async function program(fault: string): Promise<{ path: string } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), 'relay-'));
  const path = join(directory, 'program');
  const source = `#!/usr/bin/perl
use IO::Socket::INET;
my ($port) = "@ARGV" =~ /-p (\\d+)/;
my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 5) or die;
my $sdp = "v=0\\r\\nm=video 0 RTP/AVP 96\\r\\na=rtpmap:96 H264/90000\\r\\n";
my $client = $server->accept;
sysread $client, my $request, 4096;
print $client "RTSP/1.0 200 OK\\r\\nCSeq: 1\\r\\nContent-Length: " . length($sdp) . "\\r\\n\\r\\n$sdp";
close $client;
select undef, undef, undef, 0.3;
${fault}
`;
  await writeFile(path, source, { mode: 0o755 });
  return {
    path,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

const relayBy = (path: string) => relayOf('rtsp://u:secret@127.0.0.1:9/unicast', { program: path });

describe('a relay that misbehaves is killed, and why is told:', () => {
  it('it floods its log, as a wedged live555ProxyServer does', async () => {
    await using fake = await program(
      "my $lines = 'RTCPInstance error: Hit limit of rtsp://u:secret@x/' . chr(10); $lines x= 1000; syswrite STDERR, $lines while 1;",
    );
    await using relay = await relayBy(fake.path);
    const before = process.cpuUsage();
    await assert.rejects(relay.ended(never), (error: Error) => {
      assert.match(error.message, /relay floods its log: RTCPInstance error: Hit limit/);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 1_500_000, `${(user + system) / 1000} ms of CPU to read a flood`);
    await relay[Symbol.asyncDispose]();
    assert.equal(isAlive(relay.pid), false);
  });

  it('it spins, silently', async () => {
    await using fake = await program('1 while 1;');
    await using relay = await relayBy(fake.path);
    await assert.rejects(relay.ended(never), /relay has kept a CPU busy without a pause/);
    await relay[Symbol.asyncDispose]();
    assert.equal(isAlive(relay.pid), false);
  });

  it('it ends by itself', async () => {
    await using fake = await program("print STDERR 'no more'; exit 0;");
    await using relay = await relayBy(fake.path);
    await assert.rejects(relay.ended(never), /relay exited with code 0; last words: no more/);
  });

  it('its library has no effect', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    await assert.rejects(
      relayOf(camera.url, { preload: '/dev/null' }),
      /relay listens beyond loopback/,
    );
  });

  it('a relay that works is left alone', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    await using relay = await relayOf(camera.url);
    await relay.ended(AbortSignal.timeout(6_000));
    assert.equal(isAlive(relay.pid), true);
  });
});

describe('a relay whose port somebody else takes', () => {
  it('starts again on another one', async () => {
    await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
    const directory = await mkdtemp(join(tmpdir(), 'relay-'));
    try {
      // Takes the port on IPv4 before the real program does, but at its first start only.
      const path = join(directory, 'program');
      const source = `#!/bin/sh
if mkdir '${directory}/taken' 2>/dev/null; then
  LD_PRELOAD= perl -MIO::Socket::INET -e '
    my $server = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => shift, Listen => 5) or die;
    $| = 1;
    print "ready";
    while (my $client = $server->accept) { print $client "RTSP/1.0 200 OK\\r\\nCSeq: 1\\r\\n\\r\\n" }
  ' "$4" > '${directory}/ready' &
  while ! [ -s '${directory}/ready' ]; do sleep 0.02; done
fi
exec '${live555ProxyServer()}' "$@"
`;
      await writeFile(path, source, { mode: 0o755 });
      await using relay = await relayOf(camera.url, { program: path });
      assert.deepEqual(relay.media, { video: { codec: 'h264' }, audio: undefined });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
