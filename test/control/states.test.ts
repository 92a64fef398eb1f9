import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CameraAnswer } from '../../src/contract/cameras.ts';
import { stateWords } from '../../src/page/camera-words.ts';
import { byName, describeNow } from '../../src/web/camera-routes.ts';
import { absentStates, connectedStates } from '../../src/model/camera-state.ts';
import { formatCameraName } from '../../src/model/camera-name.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { run } from '../cli/run.ts';
import { connected, ConsoleFixture, publicKey } from './fixture.ts';

/** A camera for each state, called as the state is. */
const nameFor = (state: string) => ({ account: 'bach', camera: state.replace(' ', '-') });

describe('the state of a camera has one name', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = await ConsoleFixture.start();
    const contact = (state: string): void => {
      const name = nameFor(state);
      const [key] = fixture.ledger.cameras.require(name).keys;
      assert.ok(fixture.ledger.keys.used(name, key?.fingerprint ?? ''));
      fixture.ledger.states.note(name, 'camera offline', 'the camera hung up', Date.now() + 1);
    };
    for (const [index, state] of [...connectedStates, ...absentStates].entries()) {
      fixture.addCamera(nameFor(state), index);
      if (state !== 'never connected') contact(state);
    }
    fixture.ledger.cameras.setDisabled(nameFor('disabled'), true);
    fixture.fleet = connectedStates.map((state) => connected(nameFor(state), { state }));
    // New hardware in the place of one that was there has never connected either.
    fixture.addCamera(nameFor('replaced'), 50);
    contact('replaced');
    fixture.ledger.keys.replace(nameFor('replaced'), parsePublicKey(publicKey(51)));
    // Was disabled and enabled before it ever dialled in.
    fixture.addCamera(nameFor('enabled'), 52);
    fixture.ledger.cameras.setDisabled(nameFor('enabled'), true);
    fixture.ledger.cameras.setDisabled(nameFor('enabled'), false);
    fixture.watchMetrics();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const expected = new Map(
    [...connectedStates, ...absentStates]
      .map((state) => [formatCameraName(nameFor(state)), state as string])
      .concat([
        ['bach/replaced', 'never connected'],
        ['bach/enabled', 'never connected'],
      ]) as [string, string][],
  );

  const cctv = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, code } = await run('cctv', ['--socket', fixture.socket, ...args]);
    assert.equal(code, 0, stderr);
    return stdout;
  };

  it('in the answers of the control socket, and in `cctv camera list`', async () => {
    const { cameras } = JSON.parse(await cctv('camera', 'list', '--json')) as {
      cameras: CameraAnswer[];
    };
    assert.deepEqual(
      new Map(cameras.map((camera) => [formatCameraName(camera), camera.state])),
      expected,
    );
    const listed = await cctv('camera', 'list');
    for (const [name, state] of expected) {
      assert.match(listed, new RegExp(`^${name} +${state}  `, 'm'));
    }
  });

  it('in `cctv cameras`, of those that are connected and of those that are not', async () => {
    const shown = await cctv('cameras');
    for (const state of connectedStates) {
      assert.match(shown, new RegExp(`^${formatCameraName(nameFor(state))} +${state}  `, 'm'));
    }
    for (const state of ['never connected', 'offline', 'disabled']) {
      assert.ok(shown.includes(`${formatCameraName(nameFor(state))} (${state})`), shown);
    }
    const { notConnected } = JSON.parse(await cctv('cameras', '--json')) as {
      notConnected: { account: string; camera: string; state: string }[];
    };
    for (const one of notConnected) {
      assert.equal(one.state, expected.get(formatCameraName(one)));
    }
    assert.match(await cctv('camera', 'show', 'bach/never-connected'), /^State +never connected$/m);
  });

  it('in the metrics, where each state has its series', async () => {
    const counts = Map.groupBy(expected.values(), (state) => state);
    const metrics = await fixture.metrics.read();
    const found = [...metrics.matchAll(/^cctv_cameras\{state="([^"]+)"\} (\d+)$/gm)];
    assert.deepEqual(
      new Map(found.map(([, state = '', count]) => [state, Number(count)])),
      new Map([...counts].map(([state, all]) => [state, all.length])),
    );
    assert.match(metrics, /cctv_missing_footage_seconds\{cause="never connected"\}/);
  });

  it('on the page: never connected, and offline as the cause of a gap', () => {
    const connections = byName(fixture.fleet);
    const nowMs = Date.now();
    const words = new Map(
      fixture.ledger.states.list().map((known) => {
        const name = formatCameraName(known);
        const now = describeNow(known, connections.get(name));
        return [name, stateWords({ name, live: false, ...now }, nowMs, 'UTC')];
      }),
    );
    for (const name of ['bach/never-connected', 'bach/replaced', 'bach/enabled']) {
      assert.equal(words.get(name), 'no footage yet: never connected');
    }
    assert.equal(words.get('bach/offline'), 'no footage yet: camera offline');
    assert.equal(words.get('bach/disabled'), 'no footage yet: disabled by the operator');
    assert.equal(words.get('bach/recording'), 'recording');
  });
});
