import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CameraAnswer, ContinuityAnswer } from '../../src/console/api.ts';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';

describe('a camera whose settings change while it is connected', { timeout: 120_000 }, () => {
  let site: Site;
  before(async () => {
    site = await Site.start({ segmentSeconds: 2 });
  });
  after(() => site[Symbol.asyncDispose]());

  const continuity = async (name: string): Promise<ContinuityAnswer> =>
    JSON.parse(await site.cctv('continuity', name, '--json')) as ContinuityAnswer;

  it('is recorded with them at once, in the same tunnel, beside others that are not touched', async () => {
    const secret = 'not-for-logs-42';
    const camera = await site.addCamera('bach/front-door', {
      ...{ path: ['unicast', 'live'], user: 'admin', password: secret },
    });
    const other = await site.addCamera('bach/kitchen');
    camera.dial();
    other.dial();
    const password = join(site.directory, 'password');
    writeFileSync(password, `${secret}\n`, { mode: 0o600 });
    const before = await other.recording();
    await eventually('the reason', 20_000, async () => {
      const { connection } = JSON.parse(
        await site.cctv('camera', 'show', 'bach/front-door', '--json'),
      ) as CameraAnswer;
      return (
        connection?.state === 'recovering' && /user name and password/.test(connection.reason ?? '')
      );
    });

    await site.cctv(
      ...['camera', 'set', 'bach/front-door'],
      ...['--rtsp-user', 'admin', '--rtsp-password-file', password],
    );
    const first = await camera.recording();
    await eventually('footage in the bucket', 20_000, async () => {
      return (await site.stored('bach/front-door')).length >= 2;
    });
    assert.equal(first.profile, 'copy');

    const told = await site.cctv(
      ...['camera', 'set', 'bach/front-door', '--rtsp-path', '/live', '--profile', 'downsample'],
    );
    assert.match(told, /RTSP path: \/unicast -> \/live\n {2}profile: .* -> downsample\n/);
    const second = await eventually('a recording with other settings', 20_000, async () => {
      const status = await camera.status();
      const isNew = status?.archiver?.pid !== first.archiver?.pid;
      return isNew && status?.state === 'recording' ? status : undefined;
    });
    assert.equal(second.profile, 'downsample');
    assert.equal(second.connectedAtMs, first.connectedAtMs, 'the tunnel stayed');
    assert.notEqual(second.relay?.pid, first.relay?.pid);
    const after = await other.recording();
    assert.equal(after.archiver?.pid, before.archiver?.pid, 'the other camera was not touched');
    assert.equal(after.restarts, 0);

    const { gaps, missingMs } = await continuity('bach/front-door');
    const causes = new Set(gaps.map(({ cause }) => cause));
    assert.ok(causes.has('camera sent nothing'), 'while it had no password');
    const changed = gaps.filter(({ cause }) => cause === 'settings changed');
    assert.ok(changed.length >= 1);
    assert.deepEqual(
      changed.filter(({ detail }) => !/^(RTSP (path|user|password)|profile)(, |$)/.test(detail)),
      [],
    );
    const last = changed.at(-1);
    assert.equal(last?.detail, 'RTSP path, profile');
    assert.ok((last?.endMs ?? 0) - (last?.startMs ?? 0) < 6_000, 'a short gap');
    assert.ok(!causes.has('unexplained'));
    assert.equal(
      missingMs,
      gaps.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0),
    );
    const text = JSON.stringify([site.log, told]);
    assert.ok(!text.includes(secret), 'the password is in no log');
  });
});
