import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertNothingTwice, seams } from '../support/footage.ts';
import { listeningPorts } from '../support/processes.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const keyFrameMs = 1_000;
const segmentMs = 5_000;
const frameMs = 1_000 / 15;
/** A picture lasts until the next; the last one of a segment is taken to last one frame. */
const seamMs = frameMs + 4;

describe('a camera that dials in', () => {
  let site: Site;
  let camera: SiteCamera;

  before(async () => {
    site = await Site.start({ segmentSeconds: segmentMs / 1_000 });
    camera = await site.addCamera('bach/front-door', { audio: 'pcmu' });
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
  });

  it('is recorded, seen by the operator, stored whole, and leaves nothing when it goes', async () => {
    const portsBefore = listeningPorts(site.daemonPid);
    const client = camera.dial();
    const dialled = await eventually('the dial-in', 5_000, () =>
      site.log.find((line) => line.message === 'camera dialled in'),
    );
    const status = await camera.recording();
    const [first] = await eventually('the first segment', 20_000, async () => {
      const stored = await site.stored();
      return stored.length >= 4 ? stored : undefined;
    });
    assert.ok(first);

    const dialledAtMs = Date.parse(String(dialled['timestamp']));
    const delayMs = first.startMs - dialledAtMs;
    assert.ok(delayMs <= 3_000 + keyFrameMs, `first picture ${delayMs} ms after the dial-in`);

    assert.equal(status.picture?.codec, 'h264');
    assert.equal(status.picture?.width, 640);
    assert.equal(status.audioCodec, 'pcmu');
    assert.equal(status.remoteAddress, '127.0.0.1');
    assert.equal(camera.rtsp.clients, 1);
    assert.match(await site.cctv('camera', 'status'), /bach\/front-door/);

    client.kill('SIGKILL');
    await once(client, 'exit');
    await delay(2_000);
    assert.deepEqual(site.children(), []);
    assert.deepEqual(listeningPorts(site.daemonPid), portsBefore);
    assert.deepEqual(await site.connected(), []);

    const segments = await eventually('all segments in the bucket', 10_000, async () => {
      const stored = await site.stored();
      const status = await site.cctv('status', '--json');
      return /"waiting":\s*0/.test(status) ? stored : undefined;
    });
    assertNothingTwice(segments, seamMs);
    for (const seam of seams(segments)) {
      assert.ok(Math.abs(seam) <= seamMs, `${seam} ms between two segments`);
    }
    for (const segment of segments) {
      const { durationMs, audioCodec, frames } = await site.probe(segment);
      assert.equal(audioCodec, 'aac');
      assert.ok(frames > 0);
      assert.ok(
        Math.abs(durationMs - segment.durationMs) <= seamMs,
        `${segment.key} lasts ${durationMs} ms in ${frames} pictures`,
      );
    }
    // The store tells the time in whole seconds.
    for (const segment of segments) {
      const lateMs = segment.storedAtMs - (segment.startMs + segment.durationMs);
      assert.ok(lateMs <= 5_000, `${segment.key} was stored ${lateMs} ms after its end`);
    }
    // All but the first are cut on the wall clock, at the first key frame that is muxed after it;
    // between a picture's arrival and its muxing lies the making of the sound beside it.
    const muxingMs = 400;
    for (const segment of segments.slice(1)) {
      const afterCut = ((segment.startMs + muxingMs) % segmentMs) - muxingMs;
      assert.ok(afterCut <= keyFrameMs + 2 * frameMs, `${segment.key} begins ${afterCut} ms late`);
    }
  });

  it('is found in the list of its segments', async () => {
    const list = JSON.parse(await site.cctv('segments', 'bach/front-door', '--json')) as {
      segments: { state: string }[];
    };
    const stored = await site.stored();
    assert.equal(list.segments.length, stored.length);
    assert.ok(list.segments.every(({ state }) => state === 'stored'));
  });
});
