import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../../src/camera/fleet.ts';
import { Child } from '../../src/lib/child.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { Setting } from '../../src/lib/setting.ts';
import { aborted } from '../../src/lib/until.ts';
import { type Tunnel, TunnelGoneError } from '../../src/tunnel/tunnel.ts';
import { descendants } from '../support/processes.ts';
import { eventually } from '../support/until.ts';

interface HangingTunnel extends Tunnel {
  hangUp(why: string): void;
}

/** A tunnel that only closes. */
function tunnelOf(camera: string, id: number): HangingTunnel {
  const controller = new AbortController();
  return {
    id,
    camera: { account: 'bach', camera },
    remoteAddress: `192.0.2.${id}`,
    connectedAtMs: id,
    client: 'dropbear',
    keyFingerprint: 'SHA256:a',
    closed: controller.signal,
    echo: { echoMs: undefined, ask: () => {} },
    forward: async (service) => ({ service, open: () => Promise.reject(new Error('unused')) }),
    close: (reason) => controller.abort(new TunnelGoneError('closed', reason)),
    hangUp: (why) => controller.abort(new TunnelGoneError('died', why)),
  };
}

/** A fleet whose relays and archivers are programs that take `finishMs` to end. */
function fleetOf(
  known: readonly string[],
  finishMs = 0,
  notes: string[] = [],
  profile: 'copy' | 'downsample' = 'copy',
): Fleet {
  const program = (name: string) => {
    const script = `trap 'sleep ${finishMs / 1000}; exit' TERM; while :; do sleep 0.02; done`;
    const child = new Child({ name, file: 'sh', args: ['-c', script] });
    return {
      pid: child.pid ?? 0,
      ended: (signal: AbortSignal) => child.ended(signal),
      [Symbol.asyncDispose]: () => child.stop(),
    };
  };
  return new Fleet({
    clock: systemClock,
    log: silentLog,
    pictureProgram: 'ffmpeg',
    settingsOf: ({ camera }) =>
      known.includes(camera) ? { rtspPath: '/unicast', profile } : undefined,
    partsFor: () => ({
      clock: systemClock,
      log: silentLog,
      restart: { minMs: 10, maxMs: 10 },
      forwardWithinMs: 1_000,
      processors: new Setting([]),
      openPort: async () => ({
        port: 7,
        hungUp: aborted,
        [Symbol.asyncDispose]: async () => {},
      }),
      startRelay: async () => ({
        ...program('relay'),
        port: 8,
        url: 'rtsp://127.0.0.1:8/proxyStream',
        media: { video: { codec: 'h264' } },
      }),
      startArchiver: async () => ({
        ...program('archiver'),
        status: () => ({ frames: 1, lastFootageAtMs: Date.now() }),
        firstPicture: Promise.resolve(),
      }),
      publish: async () => {},
      serverTrouble: () => undefined,
      enterStart: async () => ({ [Symbol.dispose]() {} }),
      disk: { isFull: false, whyStopped: undefined, whenRoom: async () => {}, whenFull: aborted },
    }),
    note: ({ camera }, state, detail) => void notes.push(`${camera} ${state}: ${detail}`),
  });
}

const timers = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

const states = (fleet: Fleet): string[] =>
  fleet.statuses().map(({ camera, state }) => `${camera} ${state}`);

describe('the fleet', () => {
  it('keeps a life for each camera, in the order of their names', async () => {
    await using fleet = fleetOf(['a', 'b']);
    fleet.admit(tunnelOf('b', 1));
    fleet.admit(tunnelOf('a', 2));
    await eventually('both', 3_000, () => states(fleet).join() === 'a recording,b recording');
  });

  it('closes the tunnel of a camera that was removed meanwhile', async () => {
    await using fleet = fleetOf([]);
    const tunnel = tunnelOf('gone', 1);
    fleet.admit(tunnel);
    assert.match(String(tunnel.closed.reason), /the camera was removed/);
    assert.deepEqual(fleet.statuses(), []);
  });

  it('shows the newer connection while the older finishes its last segment', async () => {
    await using fleet = fleetOf(['a'], 300);
    const older = tunnelOf('a', 1);
    fleet.admit(older);
    await eventually('recording', 3_000, () => states(fleet).join() === 'a recording');
    older.close('replaced by a newer connection');
    fleet.admit(tunnelOf('a', 2));
    assert.deepEqual(
      fleet.statuses().map(({ remoteAddress }) => remoteAddress),
      ['192.0.2.2'],
    );
    await eventually('recording again', 3_000, () => states(fleet).join() === 'a recording');
  });

  it('notes why a tunnel is gone, and nothing more of that life', async () => {
    const notes: string[] = [];
    const known = ['a'];
    await using fleet = fleetOf(known, 100, notes);
    const admitted = async (id: number): Promise<HangingTunnel> => {
      const tunnel = tunnelOf('a', id);
      fleet.admit(tunnel);
      await eventually('recording', 3_000, () => notes.at(-1) === 'a recording: ');
      return tunnel;
    };
    const first = await admitted(1);
    first.hangUp('no sign of life from the camera for 8 s');
    const second = await admitted(2);
    second.close('replaced by a newer connection');
    await admitted(3);
    known.pop();
    fleet.disconnect({ account: 'bach', camera: 'a' }, 'disabled by the operator');
    await eventually('the end of all', 3_000, () => fleet.statuses().length === 0);
    await delay(300);
    assert.deepEqual(notes, [
      'a starting: dialled in from 192.0.2.1',
      'a recording: ',
      'a camera offline: no sign of life from the camera for 8 s',
      'a starting: dialled in from 192.0.2.2',
      'a recording: ',
      'a camera offline: closed by the daemon: replaced by a newer connection',
      'a starting: dialled in from 192.0.2.3',
      'a recording: ',
    ]);
  });

  it('notes nothing of a life that has a newer one, and nothing at its own end', async () => {
    const notes: string[] = [];
    const fleet = fleetOf(['a'], 100, notes);
    const older = tunnelOf('a', 1);
    fleet.admit(older);
    fleet.admit(tunnelOf('a', 2));
    older.close('it was a ghost');
    await eventually('recording', 3_000, () => notes.at(-1) === 'a recording: ');
    await fleet[Symbol.asyncDispose]();
    assert.deepEqual(notes, [
      'a starting: dialled in from 192.0.2.1',
      'a starting: dialled in from 192.0.2.2',
      'a recording: ',
    ]);
  });

  it('has no program and no timer left of a camera that has gone', async () => {
    const timersBefore = timers();
    const childrenBefore = descendants(process.pid).length;
    await using fleet = fleetOf(['a']);
    fleet.admit(tunnelOf('a', 1));
    await eventually('recording', 3_000, () => states(fleet).join() === 'a recording');
    assert.ok(descendants(process.pid).length > childrenBefore);
    fleet.disconnect({ account: 'bach', camera: 'a' }, 'asked to');
    assert.deepEqual(fleet.statuses(), []);
    await eventually('the end of its programs', 2_000, () => {
      return descendants(process.pid).length === childrenBefore;
    });
    await delay(10);
    assert.equal(timers(), timersBefore);
  });

  it('copies the pictures of a camera for now, and makes them smaller again', async () => {
    const notes: string[] = [];
    await using fleet = fleetOf(['a', 'b'], 0, notes, 'downsample');
    fleet.admit(tunnelOf('a', 1));
    fleet.admit(tunnelOf('b', 2));
    await eventually('both', 3_000, () => states(fleet).join() === 'a recording,b recording');
    const profiles = () => fleet.statuses().map(({ profile }) => profile);
    assert.deepEqual(fleet.heavy, ['bach/a', 'bach/b']);
    fleet.lighten('bach/a');
    assert.deepEqual([fleet.heavy, fleet.lightened], [['bach/b'], ['bach/a']]);
    assert.deepEqual(profiles(), ['copy', 'downsample']);
    fleet.settingsChanged({ account: 'bach', camera: 'a' }, 'path');
    assert.deepEqual(profiles(), ['copy', 'downsample']);
    await eventually('a recording again', 3_000, () => notes.at(-1) === 'a recording: ');
    fleet.restore('bach/a');
    assert.deepEqual(profiles(), ['downsample', 'downsample']);
    assert.deepEqual(fleet.lightened, []);
    assert.ok(notes.some((note) => /^a server overloaded: .* pictures are copied/.test(note)));
  });

  it('waits for the last segments of all when it ends', async () => {
    const childrenBefore = descendants(process.pid).length;
    const fleet = fleetOf(['a', 'b'], 300);
    fleet.admit(tunnelOf('a', 1));
    fleet.admit(tunnelOf('b', 2));
    await eventually('both', 3_000, () => states(fleet).join() === 'a recording,b recording');
    await fleet[Symbol.asyncDispose]();
    assert.equal(descendants(process.pid).length, childrenBefore);
  });
});
