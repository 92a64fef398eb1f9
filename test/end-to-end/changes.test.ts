import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { CameraAnswer } from '../../src/contract/cameras.ts';
import type { ContinuityAnswer } from '../../src/contract/continuity.ts';
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
      path: ['unicast', 'live'],
      user: 'admin',
      password: secret,
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
      'camera',
      'set',
      'bach/front-door',
      '--rtsp-user',
      'admin',
      '--rtsp-password-file',
      password,
    );
    const first = await camera.recording();
    await eventually('footage in the bucket', 20_000, async () => {
      return (await site.stored('bach/front-door')).length >= 2;
    });
    assert.equal(first.profile, 'copy');

    const told = await site.cctv(
      'camera',
      'set',
      'bach/front-door',
      '--rtsp-path',
      '/live',
      '--profile',
      'downsample',
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

describe('an account that is renamed and then removed while its camera records', {
  timeout: 120_000,
}, () => {
  let site: Site;
  before(async () => {
    site = await Site.start({ segmentSeconds: 2, config: { gateway: { listen: '127.0.0.1:0' } } });
  });
  after(() => site[Symbol.asyncDispose]());

  const list = async () =>
    (JSON.parse(await site.cctv('camera', 'list', '--json')) as { cameras: CameraAnswer[] })
      .cameras;

  it('goes on under the new name with the old card, and its footage stays one', async () => {
    const camera = await site.addCamera('bach/door');
    const dialling = new AbortController();
    const loop = camera.keepDialling(dialling.signal);
    try {
      await camera.recording();
      await eventually('footage', 20_000, async () => (await site.stored('bach/door')).length >= 2);
      const told = await site.cctv('account', 'rename', 'bach', 'verdi');
      assert.match(told, /1 camera dials in again/);
      assert.match(told, /rtsp:\/\/.*\/verdi\/CAMERA/);
      await eventually('a recording under the new name', 20_000, async () =>
        (await list()).find(
          (one) => one.account === 'verdi' && one.connection?.state === 'recording',
        ),
      );
      await eventually('footage under the new name', 20_000, async () => {
        return (await site.stored('verdi/door')).length >= 2;
      });
      const continuity = JSON.parse(
        await site.cctv('continuity', 'verdi/door', '--json'),
      ) as ContinuityAnswer;
      const { gaps } = continuity;
      assert.ok(
        gaps.some(
          ({ cause, detail }) =>
            cause === 'camera offline' &&
            detail === 'closed by the daemon: the account was renamed to verdi',
        ),
        JSON.stringify(gaps),
      );
      assert.ok(!gaps.some(({ cause }) => cause === 'unexplained'), JSON.stringify(gaps));
      const { segments } = JSON.parse(await site.cctv('segments', 'verdi/door', '--json')) as {
        segments: { objectKey?: string }[];
      };
      const owners = new Set(segments.map(({ objectKey }) => objectKey?.split('/')[0] ?? ''));
      assert.ok(owners.has('bach') && owners.has('verdi'));
      assert.match(await site.cctv('verify', '--account', 'verdi'), /^Nothing is wrong\.$/m);

      await site.cctv('account', 'remove', 'verdi', '--cameras', '--yes');
      assert.deepEqual(await list(), []);
      await eventually('a refusal of its key', 20_000, () =>
        site.log.find((line) => /refused to let a client in/.test(line.message)),
      );
      assert.ok((await site.stored('verdi/door')).length >= 2, 'its footage stays');
      await site.cctv('account', 'add', 'verdi');
      assert.deepEqual(await list(), [], 'one of the same name has no cameras');
    } finally {
      dialling.abort();
      await loop;
    }
  });
});
