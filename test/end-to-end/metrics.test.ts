import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Site } from '../support/site.ts';
import { eventually } from '../support/until.ts';

describe('the metrics of a daemon that records', () => {
  let site: Site;
  let url: string;
  before(async () => {
    site = await Site.start({ segmentSeconds: 2, config: { metrics: { listen: '127.0.0.1:0' } } });
    const line = site.log.find(({ message }) => message === 'serving metrics');
    url = `http://${String(line?.['address'])}`;
  });
  after(async () => {
    await site[Symbol.asyncDispose]();
  });

  const read = async (series: string): Promise<number> => {
    const text = await (await fetch(`${url}/metrics`)).text();
    const line = text.split('\n').find((one) => one.startsWith(`${series} `));
    return Number(line?.slice(series.length + 1));
  };

  it('follow a camera from its dial-in to the bucket, a fault and its end', async () => {
    const camera = await site.addCamera('bach/front-door');
    const of = (name: string) => `${name}{account="bach",camera="front-door"}`;
    assert.equal(await read('cctv_cameras{state="never connected"}'), 1);
    camera.dial();
    const status = await camera.recording();
    await eventually('a stored segment', 15_000, async () => {
      return (await read('cctv_upload_duration_seconds_count{outcome="stored"}')) >= 1;
    });
    assert.equal(await read('cctv_cameras{state="recording"}'), 1);
    assert.ok((await read(of('cctv_camera_last_footage_age_seconds'))) < 5);
    const frames = await read(of('cctv_camera_frames_total'));
    assert.ok(frames > 10, String(frames));
    assert.ok((await read(of('cctv_camera_recorded_bytes_per_second'))) > 0);
    assert.equal(await read('cctv_tunnels'), 1);
    assert.equal(await read('cctv_tunnel_logins_total{result="accepted"}'), 1);
    // The daemon asks its own SSH server how it is, which counts as nothing.
    assert.equal(await read('cctv_tunnel_logins_total{result="abandoned"}'), 0);
    assert.ok((await read('cctv_stored_bytes_total')) > 1_000);
    for (const path of ['/healthz', '/readyz']) {
      const answer = await fetch(url + path);
      assert.deepEqual([answer.status, await answer.json()], [200, { ok: true, problems: [] }]);
    }

    process.kill(status.archiver?.pid ?? 0, 'SIGKILL');
    await eventually('the fault', 10_000, async () => {
      const stops = await read('cctv_recording_stops_total{cause="archiver died"}');
      return stops === 1 && (await read(of('cctv_camera_restarts_total'))) === 1;
    });
    await camera.recording();
    assert.ok((await read(of('cctv_camera_frames_total'))) >= frames);

    camera.killClients();
    await eventually('its end', 10_000, async () => {
      return (await read('cctv_cameras{state="offline"}')) === 1;
    });
    assert.equal(await read(of('cctv_camera_connected')), 0);
    await eventually('its end, counted', 5_000, async () => {
      return (await read('cctv_recording_stops_total{cause="camera offline"}')) === 1;
    });
  });
});
