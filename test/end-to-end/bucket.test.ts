import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { assertEachOnce } from '../support/footage.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

const segmentMs = 2_000;

/** Records into the spool for a while; the status then says what is wrong with the bucket. */
async function recordWithoutBucket(site: Site, camera: SiteCamera, words: RegExp): Promise<void> {
  camera.dial();
  await camera.recording();
  await delay(3 * segmentMs);
  assert.equal((await camera.recording()).state, 'recording');
  await eventually('words about the bucket', 15_000, async () =>
    words.test(await site.cctv('status')),
  );
  const told = site.log.find(
    ({ level, message, cause }) => level === 'error' && words.test(`${message} ${String(cause)}`),
  );
  assert.ok(told, `no line like ${words}`);
}

/** Waits until what was spooled, up to now or when recording ended, is in the bucket, and nothing of it is missing. */
async function catchesUp(site: Site, endedAtMs = Infinity): Promise<void> {
  await eventually('an upload of all that was spooled', 75_000, async () => {
    const stored = await site.stored();
    const fromMs = Math.min(endedAtMs, Date.now()) - 3 * segmentMs;
    if (stored.length < 4 || !stored.some(({ startMs }) => startMs > fromMs)) return false;
    // The newest may be there before older ones.
    assertEachOnce('the camera', await site.pictures(stored));
    return true;
  });
}

describe('recording goes on into the spool, and catches up', { concurrency: true }, () => {
  it('when the bucket does not exist', async () => {
    await using site = await Site.start({ segmentSeconds: 2, bucket: 'absent' });
    const camera = await site.addCamera('bach/front-door', { stamped: true, profile: 'copy' });
    await recordWithoutBucket(site, camera, /bucket.*footage.*does not exist/i);
    await site.createBucket();
    await catchesUp(site);
  });

  it('when the store is down at the start', async () => {
    await using site = await Site.start({ segmentSeconds: 2, bucket: 'server down' });
    const camera = await site.addCamera('bach/front-door', { stamped: true, profile: 'copy' });
    await recordWithoutBucket(
      site,
      camera,
      /(can ?not|can't|could not) be reached|refused|unreachable/i,
    );
    await site.startStore();
    await catchesUp(site);
  });

  it('when the credentials are wrong, after they were mended', async () => {
    await using site = await Site.start({ segmentSeconds: 2, bucket: 'wrong secret' });
    const camera = await site.addCamera('bach/front-door', { stamped: true, profile: 'copy' });
    await recordWithoutBucket(site, camera, /secret|credentials|access key/i);
    const endedAtMs = Date.now();
    await site.stopDaemon();
    site.configure();
    await site.startDaemon();
    await catchesUp(site, endedAtMs);
  });
});
