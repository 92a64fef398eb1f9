import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { TunnelServerOptions } from '../../src/tunnel/server.ts';
import { isAlive } from '../support/processes.ts';
import { dbclients } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { Rig } from '../tunnel/rig.ts';
import type { Behaviour } from './dialler.ts';

const script = join(import.meta.dirname, '../../firmware/common/tunnel.sh');
const dialler = join(import.meta.dirname, 'dialler.ts');

/** tunnel.sh in a directory of its own, run by busybox ash; its dbclient is dialler.ts. */
class Home implements AsyncDisposable {
  readonly directory: string;
  #running: ChildProcess | undefined;

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(servers: string, settings: readonly string[] = []): Promise<Home> {
    const home = new Home(await mkdtemp(join(tmpdir(), 'cctv-tunnel-')));
    cpSync(script, home.path('tunnel.sh'));
    const conf = `SERVERS='${servers}'\nLOGIN='bach.front-door'\nRTSP='127.0.0.1:8554'\n`;
    writeFileSync(home.path('tunnel.conf'), conf);
    writeFileSync(home.path('id_dropbear'), 'a key');
    const dbclient = `DBCLIENT="${process.execPath} ${dialler} ${home.directory}"`;
    // Each state becomes a line of a file, as if it were a colour.
    const leds = `leds() { echo "$1" >>'${home.path('leds')}'; }`;
    const lines = [dbclient, leds, ...settings];
    writeFileSync(home.path('firmware.sh'), `${lines.join('\n')}\n`);
    mkdirSync(home.path('run'));
    mkdirSync(home.path('.ssh'));
    const hosts = servers.split(' ').map((server) => server.replace(/:\d+$/, ''));
    home.pin(...hosts.map((host) => `${host.replace(/[[\]]/g, '')} ssh-ed25519 AAAA`));
    home.behave({ livesMs: 0 });
    return home;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8').trim() : '';
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), `${text}\n`);
  }

  pin(...lines: readonly string[]): void {
    this.write('.ssh/known_hosts', lines.join('\n'));
  }

  behave(behaviour: Behaviour): void {
    this.write('behaviour.json', JSON.stringify(behaviour));
  }

  start(within: readonly string[] = []): ChildProcess {
    const [program, ...args] = [...within, 'busybox', 'ash', this.path('tunnel.sh')];
    this.#running = spawn(program, args, {
      env: { PATH: process.env['PATH'], RUNTIME_DIRECTORY: this.path('run') },
      stdio: 'ignore',
      detached: true,
    });
    return this.#running;
  }

  /** Runs it until it ends by itself, as init would see it. */
  async once(): Promise<void> {
    await once(this.start(), 'exit');
  }

  /** Runs it again whenever it ends, as init does, until `signal` aborts. */
  async respawn(signal: AbortSignal): Promise<void> {
    const stop = (): void => void this.stop();
    signal.addEventListener('abort', stop);
    while (!signal.aborted) await this.once();
  }

  /** Kills it with all that it started. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (running?.pid === undefined) return;
    const gone = running.exitCode === null && running.signalCode === null && once(running, 'exit');
    try {
      process.kill(-running.pid, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
    await gone;
  }

  get status(): string {
    return this.read('run/status');
  }

  get dialled(): { args: string[]; home: string; pid: number }[] {
    const lines = this.read('dialled').split('\n');
    return lines.filter(Boolean).map((line) => JSON.parse(line));
  }

  async says(words: RegExp, withinMs = 30_000): Promise<RegExpExecArray> {
    return await eventually(`a status ${words}`, withinMs, () => {
      const found = words.exec(this.status);
      if (found === null) throw new Error(`it is: ${this.status}`);
      return found;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A port that takes connections and says nothing. */
async function silentServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer((socket) => void socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? 0) : 0,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await once(server, 'close');
    },
  };
}

describe('tunnel.sh', { concurrency: 4 }, () => {
  it('becomes dbclient, with the pinned key of the server that it dials', async () => {
    await using home = await Home.make('cctv.example.com:2222');
    home.behave({});
    const { pid } = home.start();
    await home.says(/^no-server since \d+ dialling cctv\.example\.com:2222 \(not dialled yet\)$/);
    const [dialled] = await eventually('a call', 10_000, () =>
      home.dialled.length > 0 ? home.dialled : undefined,
    );
    assert.equal(dialled?.pid, pid);
    assert.equal(dialled?.home, home.path('run/home'));
    assert.equal(home.read('run/home/.ssh/known_hosts'), 'cctv.example.com ssh-ed25519 AAAA');
    assert.equal(
      dialled?.args.join(' '),
      `-N -T -K 10 -i ${home.path('id_dropbear')} -o ExitOnForwardFailure=yes` +
        ' -R 554:127.0.0.1:8554 -p 2222 bach.front-door@cctv.example.com',
    );
    assert.equal(home.read('run.pid'), String(pid));
  });

  for (const [failed, least, most] of [
    [1, 1, 1],
    [4, 1, 1],
    [5, 1, 2],
    [6, 2, 4],
    [9, 16, 32],
    [10, 30, 60],
    [1000, 30, 60],
  ] as const) {
    it(`waits ${least} to ${most} s after ${failed} calls that failed`, async () => {
      await using home = await Home.make('cctv.example.com:2222');
      const waits = new Set<number>();
      for (let n = 0; n < 12; n += 1) {
        home.write('run/tries', `${failed} 0`);
        rmSync(home.path('run/status'), { force: true });
        home.start();
        waits.add(Number((await home.says(/\(next try in (\d+) s\)$/))[1]));
        assert.equal(home.read('run/tries'), `${failed + 1} 0`);
        await home.stop();
      }
      for (const wait of waits) assert.ok(wait >= least && wait <= most, `${wait} s`);
      if (most > least) assert.ok(waits.size > 1, `always ${[...waits].join()} s`);
    });
  }

  it('dials within two seconds of the end of a connection that was good, others at another moment', async () => {
    await using home = await Home.make('a.example.com:1');
    const waits: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      home.write('run/tries', '0 0');
      const from = performance.now();
      await home.once();
      waits.push(performance.now() - from);
    }
    assert.ok(Math.max(...waits) < 20_000, `${Math.max(...waits)} ms`);
    assert.ok(Math.max(...waits) - Math.min(...waits) > 200, `always ${waits.join()} ms`);
  });

  it('is back soon after its server has started anew', async () => {
    const camera = { account: 'bach', camera: 'front-door' };
    const started = (options: Partial<TunnelServerOptions>): Promise<Rig> =>
      Rig.start({ findCamera: () => camera, ...options });
    await using before = await started({});
    const listen = { host: '127.0.0.1', port: before.port };
    const { dropbearkey, dbclient } = dbclients().at(-1) ?? assert.fail('no dropbear is installed');
    const settings = [`DBCLIENT=${dbclient}`, `DROPBEARKEY=${dropbearkey}`];
    await using home = await Home.make(`127.0.0.1:${listen.port}`, [
      ...settings,
      // Long is what shows that the server fetches nothing, which makes this connection a good one.
      'answer_within=2 good_after=1',
    ]);
    rmSync(home.path('id_dropbear'));
    home.pin(`127.0.0.1 ${before.server.hostKeyLine}`);
    const power = new AbortController();
    const init = home.respawn(power.signal);
    try {
      await before.tunnel();
      await eventually('a good connection', 20_000, () => home.read('run/tries') === '0 0');
      await before.server[Symbol.asyncDispose]();
      const from = performance.now();
      // As long as a daemon takes to start.
      await delay(1_000);
      const hostKeyFile = join(before.directory, 'host-ed25519');
      await using after = await started({ listen, hostKeyFile });
      await after.tunnel();
      const ms = performance.now() - from;
      assert.ok(ms < 6_000, `${ms} ms`);
    } finally {
      power.abort();
      await init;
    }
  });

  it('calls the servers in turn, and waits only after all of them', async () => {
    await using home = await Home.make('a.example.com:1 [2001:db8::7]:2');
    for (let n = 0; n < 3; n += 1) await home.once();
    assert.deepEqual(
      home.dialled.map(({ args }) => args.slice(-2).join(' ')),
      [
        '1 bach.front-door@a.example.com',
        '2 bach.front-door@2001:db8::7',
        '1 bach.front-door@a.example.com',
      ],
    );
    assert.equal(home.read('run/tries'), '3 0');
  });

  it('tries each pinned key of each server in turn, and comes back to the one that was good', async () => {
    await using home = await Home.make('a.example.com:1 b.example.com:2');
    home.pin(
      'a.example.com ssh-ed25519 PRESENT',
      'a.example.com ssh-ed25519 NEXT',
      'axexample.com ssh-ed25519 OTHER',
      'b.example.com ssh-ed25519 THEIRS',
    );
    const tried: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      home.write('run/tries', `${n % 3} 0`);
      await home.once();
      tried.push(home.read('run/home/.ssh/known_hosts'));
    }
    assert.deepEqual(tried, [
      'a.example.com ssh-ed25519 PRESENT',
      'a.example.com ssh-ed25519 NEXT',
      'b.example.com ssh-ed25519 THEIRS',
      'a.example.com ssh-ed25519 PRESENT',
    ]);
    home.write('run/tries', '0 1');
    await home.once();
    assert.equal(home.read('run/home/.ssh/known_hosts'), 'a.example.com ssh-ed25519 NEXT');
  });

  it('does not dial without a pinned key', async () => {
    await using home = await Home.make('a.example.com:1');
    home.pin('b.example.com ssh-ed25519 AAAA');
    home.start();
    await home.says(
      /^refused since \d+ \.ssh\/known_hosts is missing, or has no key of any server$/,
    );
    assert.deepEqual(home.dialled, []);
  });

  it('is connected when the server reaches through, and starts anew after a good minute', async () => {
    await using server = await silentServer();
    await using home = await Home.make('a.example.com:1 b.example.com:2', ['good_after=4']);
    home.behave({ connections: 2, port: server.port });
    home.write('run/tries', '1 0');
    home.start();
    const [, since] = await home.says(
      /^connected since (\d+) to b\.example\.com:2, and the server fetches pictures$/,
    );
    const uptime = Number(readFileSync('/proc/uptime', 'utf8').split('.')[0]);
    assert.ok(uptime - Number(since) <= 5);
    assert.equal(home.read('run/tries'), '2 0');
    await eventually('a good minute', 20_000, () => home.read('run/tries') === '0 1');
    assert.deepEqual(home.read('leds').split('\n'), ['no-server', 'connected']);

    // The one that was good is called first.
    await home.stop();
    home.start();
    await home.says(/^no-server since \d+ dialling b\.example\.com:2 /);
  });

  it('is connected without pictures when the server does not hang up', async () => {
    await using server = await silentServer();
    await using home = await Home.make('a.example.com:1', ['answer_within=3']);
    home.behave({ connections: 1, port: server.port });
    home.start();
    await home.says(/^no-server .*dialling/);
    await home.says(/^connected .*but the server fetches no pictures$/, 20_000);
  });

  it('gives up a server that swallows the call', async () => {
    await using home = await Home.make('a.example.com:1', ['answer_within=3']);
    home.behave({});
    await home.once();
    home.start();
    await home.says(/^no-server since \d+ a\.example\.com:1 did not answer \(next try in 1 s\)$/);
  });

  it('leaves no watcher behind when dbclient ends', async () => {
    await using home = await Home.make('a.example.com:1');
    const shell = home.start();
    await once(shell, 'exit');
    assert.ok(shell.pid);
    const group = -shell.pid;
    await eventually('an empty process group', 10_000, () => {
      try {
        process.kill(group, 0);
        return false;
      } catch {
        return true;
      }
    });
    assert.equal(isAlive(shell.pid), false);
  });

  for (const [said, state] of [
    [
      'dbclient: Connection to x@y:1 exited: \n\nssh-ed25519 host key mismatch for y !\nFinger',
      'refused the host key',
    ],
    [
      "\nHost 'y' is not in the trusted hosts file.\n(ssh-ed25519 ...)\nexited: Didn't validate host key",
      'refused the host key',
    ],
    [
      'dbclient: Connection to x@y:1 exited: No auth methods could be used.',
      'refused the server does not know',
    ],
    [
      'dbclient: Remote TCP forward request failed (port 554 -> 127.0.0.1:8554)',
      'refused the server does not take',
    ],
    ['dbclient: Connection to x@y:1 exited: Keepalive timeout\n', 'no-server Keepalive timeout'],
    ['dbclient: Connection to x@y:1 exited: \u0007\u001b[2Jbad\n', 'no-server [2Jbad'],
  ] as const) {
    it(`takes "${said.slice(-30).replaceAll(/[^ -~]/g, ' ')}" for: ${state}`, async () => {
      await using home = await Home.make('a.example.com:1');
      home.write('run/said', said);
      home.write('run/tries', '1 0');
      home.start();
      const [status] = await home.says(/.*next try in 1 s/);
      assert.equal(status.replace(/ since \d+/, '').startsWith(state), true, status);
    });
  }

  for (const { version, dbclient, dropbearkey } of dbclients()) {
    it(`knows a damaged key by what dbclient ${version} says, and a key by what dropbearkey writes`, async () => {
      const key = `DROPBEARKEY=${dropbearkey}`;
      await using home = await Home.make('127.0.0.1:1', [`DBCLIENT=${dbclient}`, key]);
      rmSync(home.path('id_dropbear'));
      await home.once();
      const made = readFileSync(home.path('id_dropbear'));
      assert.equal(made.length, 83);
      home.start();
      await home.says(/^no-server since \d+ Connect failed: Connection refused \(next try/);
      await home.stop();

      for (const length of [0, 40, 82]) {
        writeFileSync(home.path('id_dropbear'), made.subarray(0, length));
        home.write('run/tries', '0 0');
        await home.once();
        home.start();
        await home.says(/^refused since \d+ the key of this camera, id_dropbear, is damaged/);
        await home.stop();
        assert.equal(readFileSync(home.path('id_dropbear')).length, length, 'never overwritten');
      }
    });
  }

  it('says what is missing', async () => {
    await using home = await Home.make('');
    home.start();
    await home.says(/^refused since \d+ tunnel\.conf is missing or says too little$/);
  });

  it('does not dial every second where it can not keep count', async () => {
    await using home = await Home.make('a.example.com:1');
    mkdirSync(home.path('run/tries'));
    home.start();
    const [, wait] = await home.says(/next try in (\d+) s/);
    assert.ok(Number(wait) > 30);
  });

  it('waits for a network, and dials as soon as there is one', async () => {
    await using home = await Home.make('a.example.com:1');
    home.behave({});
    home.write('run/tries', '0 0');
    const later =
      `"$@" & while [ ! -e ${home.path('cable')} ]; do sleep 0.2; done; ip link set lo up;` +
      'ip link add shop0 type bridge; ip address add 10.9.0.1/24 dev shop0; ip link set shop0 up; wait';
    home.start(['unshare', '-r', '-n', 'sh', '-c', later, 'sh']);
    await home.says(/^no-network since \d+ waiting/);
    assert.deepEqual(home.dialled, []);
    home.write('cable', 'is in');
    await home.says(/^no-server since \d+ dialling/);
    assert.deepEqual(home.read('leds').split('\n').at(0), 'no-network');
  });
});
