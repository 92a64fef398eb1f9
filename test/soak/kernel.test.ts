import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import * as kernel from './kernel.ts';

describe('what the kernel tells of a process', () => {
  it('are its sockets and ports', async () => {
    const before = kernel.descriptorsOf(process.pid);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect((server.address() as { port: number }).port, '127.0.0.1');
    const [[taken]] = (await Promise.all([
      once(server, 'connection'),
      once(client, 'connect'),
    ])) as [[Socket], unknown];
    const now = kernel.descriptorsOf(process.pid);
    assert.equal(now.sockets - before.sockets, 3);
    const added = new Set([...now.socketInodes].filter((one) => !before.socketInodes.has(one)));
    assert.deepEqual(kernel.portsOf(process.pid, added), { listening: 1, established: 2 });
    taken.destroy();
    client.destroy();
    server.close();
  });

  it('are its watches, and what lies in a folder', () => {
    const directory = mkdtempSync(join(tmpdir(), 'cctv-kernel-'));
    const { inotifyWatches } = kernel.descriptorsOf(process.pid);
    const watcher = watch(directory);
    assert.equal(kernel.descriptorsOf(process.pid).inotifyWatches - inotifyWatches, 1);
    watcher.close();
    writeFileSync(join(directory, 'one'), 'twelve bytes');
    assert.deepEqual(kernel.folderSize(directory), { files: 1, directories: 0, bytes: 12 });
    rmSync(directory, { recursive: true });
    assert.deepEqual(kernel.folderSize(directory), { files: 0, directories: 0, bytes: 0 });
  });

  it('are its memory, threads and processor time, until it has ended', () => {
    const { rssBytes, threads } = kernel.memoryOf(process.pid);
    assert.ok(Math.abs(rssBytes / process.memoryUsage.rss() - 1) < 0.2, String(rssBytes));
    assert.ok(threads >= 4, String(threads));
    assert.ok(kernel.processorSeconds(process.pid).own > 0);
    assert.equal(kernel.zombiesOf(process.pid), 0);
    assert.deepEqual(kernel.programsOf(process.pid), { pids: [], names: [] });
  });
});
