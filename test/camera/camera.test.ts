import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { type SpoolDisk, runCamera } from '../../src/camera/camera.ts';
import { CameraView } from '../../src/camera/camera-view.ts';
import { commandProcessor } from '../../src/camera/processor.ts';
import { type CameraSettings, LiveSettings } from '../../src/camera/settings.ts';
import { Setting } from '../../src/lib/setting.ts';
import { DiskFullError } from '../../src/lib/disk-full.ts';
import { Slots } from '../../src/lib/slots.ts';
import { Child } from '../../src/lib/child.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { type Log, silentLog } from '../../src/lib/log.ts';
import { aborted } from '../../src/lib/until.ts';
import { ServiceHungUpError } from '../../src/tunnel/loopback-port.ts';
import { type Tunnel, TunnelGoneError } from '../../src/tunnel/tunnel.ts';
import { eventually } from '../support/until.ts';

const settings: CameraSettings = { rtspPath: '/unicast', profile: 'copy' };
const forever = 'exec sleep 60';
const changedPath = { cause: 'settings changed', detail: 'path' } as const;

interface Commands {
  readonly relay?: string;
  readonly archiver?: string;
  readonly processor?: string;
  /** Footage that each recording keeps, when it ends. */
  readonly keepsMs?: number;
  readonly starts?: Slots;
  /** Its relay is never ready. */
  readonly slowRelay?: boolean;
}

const free: Disposable = { [Symbol.dispose]() {} };

/** A disk that a test fills and clears. */
class TestDisk implements SpoolDisk {
  isFull = false;
  readonly #changes = new EventEmitter();

  get whyStopped(): Error | undefined {
    return this.isFull ? new DiskFullError('the disk is full') : undefined;
  }

  fill(): void {
    this.isFull = true;
    this.#changes.emit('full');
  }

  clear(): void {
    this.isFull = false;
    this.#changes.emit('room');
  }

  async whenRoom(signal: AbortSignal): Promise<void> {
    if (this.isFull) await once(this.#changes, 'room', { signal });
  }

  async whenFull(signal: AbortSignal): Promise<void> {
    if (!this.isFull) await once(this.#changes, 'full', { signal }).catch(() => {});
    if (this.isFull) throw new DiskFullError('the disk is full');
  }
}

/** Ends lives that a test which failed has left: they would keep the file from ending. */
const lives: {
  readonly ended: Promise<void>;
  readonly shutdown: AbortController;
}[] = [];
after(async () => {
  for (const { ended, shutdown } of lives) {
    shutdown.abort();
    await ended.catch(() => {});
  }
});

/** A life whose relay and archiver are shell commands. */
function camera(commands: Commands, given = settings, disk = new TestDisk()) {
  const notes: string[] = [];
  const events: string[] = [];
  const failures: unknown[] = [];
  const hangUp = new AbortController();
  const shutdown = new AbortController();
  const log: Log = {
    ...silentLog,
    child: () => log,
    warn: (message, fields) => {
      failures.push(fields?.['failures']);
      events.push(`${message}: ${String(fields?.['cause'])}`);
    },
    debug: (_, fields) => void events.push(`processor says ${String(fields?.['line'])}`),
  };
  const tunnel: Tunnel = {
    id: 1,
    camera: { account: 'bach', camera: 'front-door' },
    keyFingerprint: 'SHA256:1',
    remoteAddress: '192.0.2.1',
    connectedAtMs: 1_000,
    client: 'dropbear',
    closed: hangUp.signal,
    echo: { echoMs: undefined, ask: () => {} },
    forward: async (service) => ({
      service,
      open: () => Promise.reject(new Error('unused')),
    }),
    close: () => {},
  };
  const profiles: string[] = [];
  const part = (name: string, command: string, profile?: string) => {
    const child = new Child({ name, file: 'sh', args: ['-c', command] });
    events.push(`+${name}`);
    if (profile !== undefined) profiles.push(profile);
    let alive = true;
    return {
      pid: child.pid ?? 0,
      ended: (signal: AbortSignal) => child.ended(signal),
      [Symbol.asyncDispose]: async () => {
        await child.stop();
        if (alive) events.push(`-${name}`);
        alive = false;
      },
    };
  };
  let hangUpOfRtsp: (reason: Error) => void = () => {};
  const live = new LiveSettings(given);
  const view = new CameraView(tunnel, live, systemClock);
  const processor = commandProcessor(
    'extra',
    ['sh', '-c', commands.processor ?? forever],
    tunnel.camera,
    log,
  );
  const processors = new Setting(commands.processor === undefined ? [] : [processor]);
  const ended = runCamera(
    tunnel,
    live,
    {
      clock: systemClock,
      log,
      restart: { minMs: 20, maxMs: 40 },
      forwardWithinMs: 1_000,
      processors,
      openPort: async (_forward, _line, credentials) => {
        events.push('+port');
        const given = credentials();
        if (given !== undefined) events.push(`${given.user} with ${given.password}`);
        return {
          port: 7,
          hungUp: (signal) =>
            Promise.race([
              aborted(signal),
              new Promise<never>((_, reject) => {
                hangUpOfRtsp = reject;
              }),
            ]),
          [Symbol.asyncDispose]: async () => void events.push('-port'),
        };
      },
      startRelay: async ({ source, hasCredentials }, signal) => {
        events.push(`${source}${hasCredentials === true ? ' with a password' : ''}`);
        if (commands.slowRelay === true) {
          await aborted(signal);
          signal.throwIfAborted();
        }
        const port = 8;
        const url = 'rtsp://127.0.0.1:8/proxyStream';
        return {
          ...part('relay', commands.relay ?? forever),
          port,
          url,
          media: { video: { codec: 'h264' } },
        };
      },
      startArchiver: async (_relay, _line, profile, onFile) => {
        const archiver = part('archiver', commands.archiver ?? forever, profile);
        return {
          ...archiver,
          ended: async (signal) => {
            const { keepsMs } = commands;
            if (keepsMs === undefined) return await archiver.ended(signal);
            await onFile({ path: 'a.mp4', startMs: 0, durationMs: keepsMs });
            throw new Error('cut');
          },
          status: () => ({ frames: 1, lastFootageAtMs: Date.now() }),
          firstPicture: commands.archiver === 'exit 3' ? new Promise(() => {}) : Promise.resolve(),
        };
      },
      publish: async () => {},
      serverTrouble: () => undefined,
      enterStart: (signal) => commands.starts?.enter(signal) ?? Promise.resolve(free),
      disk,
      note: (state, detail) => void notes.push(detail === '' ? state : `${state}: ${detail}`),
    },
    view,
    shutdown.signal,
  );
  lives.push({ ended, shutdown });
  return {
    events,
    failures,
    notes,
    profiles,
    live,
    view,
    ended,
    shutdown,
    hangUp: () => hangUp.abort(new TunnelGoneError('died', 'the camera hung up')),
    rtspHangsUp: () =>
      hangUpOfRtsp(new ServiceHungUpError('the RTSP server closed the connection')),
    count: (event: string) => events.filter((one) => one === event).length,
  };
}

describe("a camera's life", { concurrency: true }, () => {
  it('opens a port, a relay, an archiver, and ends the archiver after what it reads from', async () => {
    const life = camera({});
    await eventually('recording', 2_000, () => life.view.status().state === 'recording');
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.events, [
      '+port',
      'rtsp://127.0.0.1:7/unicast',
      '+relay',
      '+archiver',
      '-relay',
      '-archiver',
      '-port',
    ]);
  });

  it('ends with the daemon as with the tunnel', async () => {
    const life = camera({});
    await eventually('recording', 2_000, () => life.view.status().state === 'recording');
    life.shutdown.abort(new Error('stopping'));
    await life.ended;
    assert.deepEqual(life.events.slice(-3), ['-relay', '-archiver', '-port']);
  });

  it('replaces the relay with an archiver that died, and says why; the port stays', async () => {
    const life = camera({
      archiver: 'sleep 0.05; echo out of memory >&2; exit 3',
    });
    await eventually('a second archiver', 5_000, () => life.count('+archiver') >= 2);
    life.hangUp();
    await life.ended;
    assert.ok(life.count('+relay') >= 2);
    assert.equal(life.count('+port'), 1);
    assert.ok(
      life.events.some((event) =>
        /archiver exited with code 3; last words: out of memory/.test(event),
      ),
    );
    assert.ok(life.view.status().restarts >= 1);
  });

  it('ends the archiver of a relay that died, before it starts the next', async () => {
    const life = camera({ relay: 'sleep 0.05; exit 1' });
    await eventually('a second relay', 5_000, () => life.count('+relay') >= 2);
    life.hangUp();
    await life.ended;
    assert.ok(life.events.indexOf('-archiver') < life.events.lastIndexOf('+relay'));
    assert.equal(life.count('+archiver'), life.count('-archiver'));
    assert.equal(life.count('+relay'), life.count('-relay'));
  });

  it('backs off further while recordings keep nothing, however long they last', async () => {
    const life = camera({ keepsMs: 100 });
    await eventually('three failures', 5_000, () => life.failures.length >= 3);
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.failures.slice(0, 3), [1, 2, 3]);
  });

  it('begins anew soon after a recording that kept footage', async () => {
    const life = camera({ keepsMs: 1_000 });
    await eventually('three failures', 5_000, () => life.failures.length >= 3);
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.failures.slice(0, 3), [1, 1, 1]);
  });

  it('waits for its turn to start, and lets the next one start once it has', async () => {
    const starts = new Slots(1, 10);
    const first = await starts.enter();
    const life = camera({ starts });
    await eventually('the port', 2_000, () => life.count('+port') === 1);
    await delay(100);
    assert.equal(life.count('+relay'), 0);
    first[Symbol.dispose]();
    await eventually('recording', 2_000, () => life.notes.includes('recording'));
    using _next = await starts.enter(AbortSignal.timeout(2_000));
    life.hangUp();
    await life.ended;
  });

  it('holds up the start of others no longer than a second, however slow it is to start', async () => {
    const starts = new Slots(1, 10);
    const life = camera({ starts, slowRelay: true });
    await eventually('a start', 2_000, () => life.count('rtsp://127.0.0.1:7/unicast') === 1);
    using _next = await starts.enter(AbortSignal.timeout(10_000));
    assert.equal(life.count('+archiver'), 0);
    life.hangUp();
    await life.ended;
  });

  it('tells what it does, and of what fails the cause and then that it works again', async () => {
    const life = camera({});
    await eventually('recording', 2_000, () => life.notes.includes('recording'));
    life.rtspHangsUp();
    await eventually('recording again', 2_000, () => life.notes.length === 4);
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.notes, [
      'starting: dialled in from 192.0.2.1',
      'recording',
      'stream stalled: the RTSP server closed the connection',
      'recording',
    ]);
  });

  it('tells of the same cause until there is a picture', async () => {
    const life = camera({ archiver: 'exit 3' });
    await eventually('three notes', 5_000, () => life.notes.length >= 4);
    life.hangUp();
    await life.ended;
    assert.deepEqual(
      [...new Set(life.notes)],
      ['starting: dialled in from 192.0.2.1', 'archiver died: archiver exited with code 3'],
    );
  });

  it('begins anew with settings that changed: same port, true cause, no restart counted', async () => {
    const life = camera({});
    await eventually('recording', 2_000, () => life.notes.includes('recording'));
    life.live.replace(
      { ...settings, rtspPath: '/live', profile: 'downsample' },
      { cause: 'settings changed', detail: 'path, profile' },
    );
    await eventually('recording again', 5_000, () => life.notes.length === 4);
    assert.equal(life.view.status().profile, 'downsample');
    assert.equal(life.view.status().restarts, 0);
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.notes, [
      'starting: dialled in from 192.0.2.1',
      'recording',
      'settings changed: path, profile',
      'recording',
    ]);
    assert.deepEqual(life.profiles, ['copy', 'downsample']);
    assert.deepEqual(life.events, [
      '+port',
      'rtsp://127.0.0.1:7/unicast',
      '+relay',
      '+archiver',
      '-relay',
      '-archiver',
      'rtsp://127.0.0.1:7/live',
      '+relay',
      '+archiver',
      '-relay',
      '-archiver',
      '-port',
    ]);
  });

  it('does not wait for the next try when settings change that made it fail', async () => {
    const life = camera({ relay: 'exit 1', archiver: 'exit 3' });
    await eventually('a failure', 5_000, () => life.view.status().state === 'recovering');
    life.live.replace({ ...settings, rtspPath: '/live' }, changedPath);
    assert.equal(life.view.status().reason, undefined);
    await eventually('a try', 2_000, () => life.count('rtsp://127.0.0.1:7/live') > 0);
    life.live.replace(settings, changedPath);
    life.live.replace({ ...settings, rtspPath: '/third' }, changedPath);
    await eventually('the last of them', 2_000, () => life.count('rtsp://127.0.0.1:7/third') > 0);
    life.hangUp();
    await life.ended;
    assert.equal(life.count('+port'), 1);
  });

  it('waits without a relay while the disk is full, and goes on when there is room', async () => {
    const disk = new TestDisk();
    disk.fill();
    const life = camera({}, settings, disk);
    const full = 'disk full: recording waits for room';
    await eventually('the note', 2_000, () => life.notes.at(-1) === full);
    await delay(200);
    assert.equal(life.count('+relay'), 0);
    disk.clear();
    await eventually('recording', 2_000, () => life.notes.at(-1) === 'recording');
    disk.fill();
    await eventually('an end', 2_000, () => life.notes.at(-1) === full);
    await delay(200);
    assert.equal(life.count('+relay'), 1);
    assert.equal(life.count('-archiver'), 1);
    assert.equal(life.view.status().restarts, 1);
    disk.clear();
    await eventually('recording again', 2_000, () => life.notes.at(-1) === 'recording');
    life.hangUp();
    await life.ended;
    assert.deepEqual(life.notes, [
      'starting: dialled in from 192.0.2.1',
      full,
      'starting: there is room again',
      'recording',
      'disk full: the disk is full',
      full,
      'starting: there is room again',
      'recording',
    ]);
  });

  it('begins anew at once when the camera ends the connection to its RTSP server', async () => {
    const life = camera({});
    await eventually('recording', 2_000, () => life.view.status().state === 'recording');
    life.rtspHangsUp();
    await eventually('a second relay', 2_000, () => life.count('+relay') >= 2);
    life.hangUp();
    await life.ended;
    assert.match(life.events.join(), /the RTSP server closed the connection/);
  });

  it('starts a processor again alone, with the address of the stream in its environment', async () => {
    const life = camera({
      processor: 'echo $CCTV_RTSP_URL $CCTV_ACCOUNT $CCTV_CAMERA; sleep 0.05; exit 1',
    });
    const line = 'processor says rtsp://127.0.0.1:8/proxyStream bach front-door';
    await eventually('a second run', 5_000, () => life.count(line) >= 2);
    life.hangUp();
    await life.ended;
    assert.equal(life.count('+archiver'), 1);
    assert.equal(life.view.status().restarts, 0);
  });

  it('is over when the camera never asks for its forward', async () => {
    const { view, ...parts } = camera({});
    parts.hangUp();
    await parts.ended;
    const silent: Tunnel = {
      id: 2,
      camera: { account: 'bach', camera: 'mute' },
      keyFingerprint: 'SHA256:1',
      remoteAddress: '192.0.2.1',
      connectedAtMs: 0,
      client: '',
      closed: new AbortController().signal,
      echo: { echoMs: undefined, ask: () => {} },
      forward: () => new Promise(() => {}),
      close: () => {},
    };
    const unused = (): never => {
      throw new Error('unused');
    };
    await assert.rejects(
      runCamera(
        silent,
        new LiveSettings(settings),
        {
          clock: systemClock,
          log: silentLog,
          restart: { minMs: 1, maxMs: 1 },
          forwardWithinMs: 50,
          processors: new Setting([]),
          openPort: unused,
          startRelay: unused,
          startArchiver: unused,
          publish: unused,
          serverTrouble: unused,
          enterStart: unused,
          disk: new TestDisk(),
          note: () => {},
        },
        view,
        new AbortController().signal,
      ),
      /RTSP forward \(-R 554:HOST:PORT\).*longer than 0\.05 s/,
    );
  });

  it('logs in to the RTSP server of the camera with what the operator said', async () => {
    const life = camera(
      {},
      { ...settings, rtspPath: '/ch0', rtspUser: 'a b', rtspPassword: 'p@/:' },
    );
    await eventually('recording', 2_000, () => life.view.status().state === 'recording');
    life.hangUp();
    await life.ended;
    assert.ok(life.events.includes('a b with p@/:'));
    assert.ok(life.events.includes('rtsp://127.0.0.1:7/ch0 with a password'));
  });

  it('leaves no listener behind after many restarts', async () => {
    const warnings: string[] = [];
    const note = (warning: Error): void => void warnings.push(warning.message);
    process.on('warning', note);
    const life = camera({ archiver: 'exit 3' });
    await eventually('many restarts', 20_000, () => life.count('+archiver') > 15);
    life.hangUp();
    await life.ended;
    await delay(10);
    process.off('warning', note);
    assert.deepEqual(warnings, []);
  });
});
