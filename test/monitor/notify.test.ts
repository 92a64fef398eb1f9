import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findServiceManager } from '../../src/monitor/notify.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-notify-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const receiver = `
import socket, sys
to = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
to.bind(sys.argv[1])
to.settimeout(20)
print('bound', flush=True)
for _ in range(3): print(to.recv(4096).decode(), flush=True)
`;

describe('the service manager', () => {
  it('is none where none asks to be notified', () => {
    assert.equal(findServiceManager({}), undefined);
  });

  it('hears that the daemon is ready, well, and how it is doing, in one line', async () => {
    const path = join(directory, 'notify');
    const python = spawn('python3', ['-c', receiver, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let heard = '';
    python.stdout.on('data', (text: Buffer) => (heard += text.toString()));
    await once(python.stdout, 'data');
    const manager = findServiceManager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '30000000' });
    assert.equal(manager?.watchdogMs, 30_000);
    manager.ready();
    manager.alive();
    manager.status('two\nlines');
    await once(python, 'close');
    assert.equal(heard, 'bound\nREADY=1\nWATCHDOG=1\nSTATUS=two lines\n');
    // It is gone now, as while it restarts: no reason to fail.
    manager.alive();
  });

  it('has no watchdog for us that is meant for another process', () => {
    const manager = findServiceManager({
      NOTIFY_SOCKET: join(directory, 'none'),
      WATCHDOG_USEC: '30000000',
      WATCHDOG_PID: '1',
    });
    assert.equal(manager?.watchdogMs, undefined);
  });
});
