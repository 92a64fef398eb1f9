import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Simulation, sequence } from './simulation.ts';

const hour = 3600;

/** A site with one camera that has recorded for a while. */
function oneCamera(more: Parameters<Simulation['add']>[2] = {}) {
  const site = new Simulation();
  const door = site.add('bach', 'front-door', more);
  site.run(300);
  return { site, door };
}

describe('the judge', () => {
  it('tells once that a camera stopped, within T + 10 s, with cause and since when', () => {
    const { site, door } = oneCamera();
    const stoppedMs = site.now.wallMs - 300;
    const stoppedAt = site.at;
    door.records = false;
    site.run(2 * hour);
    assert.deepEqual(site.story, ['not-recording bach: front-door']);
    const [event] = site.told;
    assert.ok(event !== undefined && event.at - stoppedAt <= 70_000, `${event?.at}`);
    assert.ok(event.at - stoppedAt >= 60_000);
    assert.deepEqual(event.cameras, [
      { name: 'front-door', sinceMs: stoppedMs, cause: 'camera offline', detail: undefined },
    ]);
  });

  it('tells once that it records again: since when, and what was missed', () => {
    const { site, door } = oneCamera();
    const stoppedMs = site.now.wallMs - 300;
    door.records = false;
    site.run(23 * 60);
    door.records = true;
    site.run(hour);
    assert.deepEqual(site.story, [
      'not-recording bach: front-door',
      'recording-again bach: front-door',
    ]);
    const camera = site.told[1]?.cameras[0];
    assert.equal(camera?.sinceMs, stoppedMs);
    assert.equal(camera?.missedMs, 23 * 60_000 + 1_000);
    assert.equal(camera?.againMs, stoppedMs + 23 * 60_000 + 1_000);
    assert.equal(camera?.stops, undefined);
  });

  it('takes the footage for it, not what the parts say', () => {
    const { site, door } = oneCamera();
    door.records = false;
    // A part that believes that it records.
    door.cause = 'recording' as 'unexplained';
    site.run(90);
    assert.equal(site.told[0]?.cameras[0]?.cause, 'unexplained');
  });

  it("has each camera's own time, and none where it is 0", () => {
    const site = new Simulation();
    site.add('bach', 'slow', { afterMs: 600_000 });
    site.add('bach', 'never', { afterMs: 0 });
    site.run(60);
    for (const camera of site.cameras) camera.records = false;
    site.run(590);
    assert.deepEqual(site.story, []);
    site.run(hour);
    assert.deepEqual(site.story, ['not-recording bach: slow']);
  });

  it('says nothing in 24 hours of bad cameras that record', () => {
    const site = new Simulation();
    const random = sequence(7);
    const bad = Array.from({ length: 10 }, (_, n) => site.add('bach', `bad-${n}`));
    const backIn = new Map<number, number>();
    site.run(24 * hour, () => {
      for (const camera of bad) {
        const left = (backIn.get(camera.id) ?? 0) - 1;
        backIn.set(camera.id, left);
        // A reconnect of about 20 s every few minutes, some of 40 s; key-frame gaps of 10 s; jitter.
        if (left <= -5 && random() < 1 / 180) backIn.set(camera.id, 15 + random() * 25);
        else if (left <= -2 && random() < 1 / 60) backIn.set(camera.id, 10);
        else if (left <= 0 && random() < 1 / 5) backIn.set(camera.id, 2);
        camera.records = (backIn.get(camera.id) ?? 0) <= 0;
      }
    });
    assert.deepEqual(site.story, []);
  });

  it('makes one message of what stops together, for each account', () => {
    const site = new Simulation();
    const random = sequence(11);
    for (let n = 0; n < 100; n += 1) site.add(`shop-${n % 10}`, `camera-${n}`);
    site.run(120);
    // The last footage of each comes up to 4 s apart, for how far apart its key frames are.
    const stopAt = site.cameras.map(() => Math.floor(random() * 4));
    site.run(600, (second) => {
      for (const [n, camera] of site.cameras.entries()) camera.records = second < (stopAt[n] ?? 0);
    });
    assert.equal(site.told.length, 10);
    assert.ok(site.told.every(({ cameras }) => cameras.length === 10));
    assert.ok(site.told.every(({ at }) => at <= 120_000 + 70_000 + 1_000));

    // The power comes back; cameras boot in their own time.
    const backAt = site.cameras.map(() => 20 + Math.floor(random() * 25));
    site.run(hour, (second) => {
      for (const [n, camera] of site.cameras.entries()) camera.records = second > (backAt[n] ?? 0);
    });
    assert.equal(site.told.length, 20);
    assert.ok(site.told.slice(10).every(({ kind }) => kind === 'recording-again'));
  });

  for (const [down, up] of [
    [90, 60],
    [120, 115],
    [65, 30],
  ] as const) {
    it(`gives one message and one digest of a camera that is ${down} s down, ${up} s up`, () => {
      const { site, door } = oneCamera();
      site.run(6 * hour, (second) => {
        door.records = second % (down + up) >= down;
      });
      door.records = true;
      site.run(2 * hour);
      assert.deepEqual(site.story, [
        'not-recording bach: front-door',
        'recording-again bach: front-door',
      ]);
      const stops = site.told[1]?.cameras[0]?.stops ?? 0;
      assert.ok(Math.abs(stops - (6 * hour) / (down + up)) <= 1.1, `${stops}`);
    });
  }

  for (const [down, up] of [
    [120, 240],
    [400, 600],
    [300, 1200],
    [2400, 1800],
  ] as const) {
    it(`never gives ten messages in a day of ${down} s down, ${up} s up`, () => {
      const { site, door } = oneCamera();
      site.run(24 * hour, (second) => {
        door.records = second % (down + up) >= down;
      });
      assert.ok(site.told.length <= 7, `${site.told.length}`);
      assert.equal(site.told[0]?.kind, 'not-recording');
    });
  }

  it('is not kept from telling of a camera that stops for good after it flapped', () => {
    const { site, door } = oneCamera();
    site.run(600, (second) => {
      door.records = second % 200 >= 70;
    });
    door.records = true;
    site.run(200);
    const before = site.told.length;
    door.records = false;
    site.run(310);
    assert.equal(site.told.length, before + 1);
    assert.equal(site.told.at(-1)?.kind, 'not-recording');
  });

  it('says nothing of a camera that comes back in the last moment', () => {
    const { site, door } = oneCamera();
    door.records = false;
    site.run(61);
    door.records = true;
    site.run(hour);
    assert.deepEqual(site.story, []);
  });

  it('says nothing of restarts and upgrades', () => {
    const { site } = oneCamera();
    for (let n = 0; n < 6; n += 1) site.add('bach', `camera-${n}`);
    site.run(60);
    for (const seconds of [3, 40, 300]) {
      for (const camera of site.cameras) camera.records = false;
      site.restart(seconds * 1_000);
      // They dial in again one after the other.
      site.run(100, (second) => {
        for (const camera of site.cameras) camera.records = second > camera.id * 13;
      });
      site.run(600);
    }
    assert.deepEqual(site.story, []);
  });

  it('tells once what stopped while the daemon was down, since when it did', () => {
    const { site, door } = oneCamera();
    const stoppedMs = site.now.wallMs - 300;
    door.records = false;
    site.restart(10 * 60_000);
    site.run(hour);
    site.restart(10 * 60_000);
    site.run(hour);
    assert.deepEqual(site.story, ['not-recording bach: front-door']);
    assert.equal(site.told[0]?.cameras[0]?.sinceMs, stoppedMs);
  });

  it('neither repeats nor forgets over restarts', () => {
    const { site, door } = oneCamera();
    door.records = false;
    site.run(100);
    for (let n = 0; n < 5; n += 1) {
      site.restart(2_000);
      site.run(200);
    }
    assert.deepEqual(site.story, ['not-recording bach: front-door']);
    site.restart(30_000);
    door.records = true;
    site.run(60);
    site.restart(2_000);
    site.run(600);
    assert.deepEqual(site.story.slice(1), ['recording-again bach: front-door']);
  });

  it('is not deceived by a wall clock that is set', () => {
    const { site, door } = oneCamera();
    for (const step of [3600_000, -3600_000, 90_000, -90_000, -7 * 86_400_000]) {
      site.wallOffsetMs += step;
      site.run(900);
    }
    assert.deepEqual(site.story, []);
    // Nor kept from seeing that a camera stopped with it.
    site.wallOffsetMs -= 3600_000;
    door.records = false;
    site.run(75);
    assert.deepEqual(site.story, ['not-recording bach: front-door']);
  });

  it('says nothing of cameras that are silenced, until the silence ends', () => {
    const { site, door } = oneCamera();
    door.silentUntilMs = site.now.wallMs + hour * 1_000;
    door.records = false;
    site.run(hour - 1);
    assert.deepEqual(site.story, []);
    site.run(30);
    assert.deepEqual(site.story, ['not-recording bach: front-door']);

    const { site: mended, door: other } = oneCamera();
    other.silentUntilMs = mended.now.wallMs + hour * 1_000;
    other.records = false;
    mended.run(1_000);
    other.records = true;
    mended.run(2 * hour);
    assert.deepEqual(mended.story, []);
  });

  it('tells that a camera records again though it was silenced meanwhile', () => {
    const { site, door } = oneCamera();
    door.records = false;
    site.run(100);
    door.silentUntilMs = site.now.wallMs + hour * 1_000;
    site.run(100);
    door.records = true;
    site.run(600);
    assert.deepEqual(site.story.slice(1), ['recording-again bach: front-door']);
  });

  it('says nothing of cameras that never recorded, are disabled, or have just been enabled', () => {
    const site = new Simulation();
    const { lastFootageAtMs: _, ...unseen } = site.add('bach', 'unseen', { records: false });
    site.cameras[0] = unseen;
    const disabled = site.add('bach', 'disabled', { records: false, shouldRecord: false });
    site.run(hour);
    disabled.shouldRecord = true;
    site.run(50);
    disabled.records = true;
    site.run(hour);
    assert.deepEqual(site.story, []);
    disabled.records = false;
    site.run(100);
    disabled.shouldRecord = false;
    site.run(hour);
    assert.deepEqual(site.story, ['not-recording bach: disabled']);
  });
});
