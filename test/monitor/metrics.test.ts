import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { startMetricsServer } from '../../src/monitor/metrics-server.ts';
import { silentLog } from '../../src/lib/log.ts';
import { promtool } from '../support/tools.ts';
import { ConsoleFixture, connected } from '../control/fixture.ts';

const camera = (name: string) => ({ account: 'bach', camera: name });

describe('metrics', () => {
  let fixture: ConsoleFixture;
  before(async () => {
    fixture = new ConsoleFixture();
    const now = Date.now();
    fixture.addCamera(camera('front-door'), 1, { minutes: 5, endMs: now - 60_000 });
    fixture.addCamera(camera('kitchen'), 2, { minutes: 3, endMs: now - 660_000 });
    fixture.addCamera(camera('attic'), 3);
    fixture.addCamera(camera('shed'), 4);
    fixture.ledger.cameras.setDisabled(camera('shed'), true);
    fixture.fleet = [connected(camera('front-door'), { frames: 4_711, restarts: 2 })];
    fixture.gateway = {
      place: { domain: undefined, rtsp: undefined, rtsps: undefined },
      disconnect: () => {},
      viewers: () => [
        {
          ...camera('front-door'),
          viewer: 'anna',
          address: '203.0.113.9',
          secure: true,
          player: 'VLC',
          state: 'playing',
          sinceMs: now,
          bytes: 1,
        },
      ],
    };
    fixture.uploads = {
      uploading: 1,
      waiting: 2,
      stored: 7,
      failing: { sinceMs: now - 90_000, cause: 'no such bucket' },
    };
    fixture.disk = { ...fixture.disk, state: 'nearly full', budgetBytes: 5e9 };
    fixture.metrics.uploadTried('stored', 300);
    fixture.metrics.uploadTried('failed', 20_000);
    fixture.metrics.recordingNoted('stream stalled');
    fixture.metrics.recordingNoted('recording');
    fixture.watchMetrics();
    await fixture.open();
  });
  after(() => fixture[Symbol.asyncDispose]());

  const ask = async (path: string) =>
    await new Promise<{ status: number; type: string; body: string }>((resolve, reject) => {
      request({ socketPath: fixture.socket, path }, (response) => {
        text(response).then((body) => {
          const type = String(response.headers['content-type']);
          resolve({ status: response.statusCode ?? 0, type, body });
        }, reject);
      })
        .on('error', reject)
        .end();
    });

  const lines = async () => (await ask('/metrics')).body.split('\n');
  const value = async (series: string): Promise<number | undefined> => {
    const line = (await lines()).find((one) => one.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  };

  it('are at the control socket, in the format of Prometheus, in names that promtool likes', async () => {
    const { status, type, body } = await ask('/metrics');
    assert.equal(status, 200);
    assert.match(type, /^text\/plain; version=0\.0\.4/);
    const { exitCode, stderr, stdout } = await execa(promtool(), ['check', 'metrics'], {
      input: body,
      reject: false,
      timeout: 20_000,
    });
    // The library's own names are what they are.
    const complaints = `${stdout}\n${stderr}`
      .split('\n')
      .filter((line) => line.startsWith('cctv_'));
    assert.deepEqual(complaints, []);
    assert.ok(exitCode === 0 || exitCode === 3, stderr);
  });

  it('count cameras by state, each once', async () => {
    assert.equal(await value('cctv_cameras{state="recording"}'), 1);
    assert.equal(await value('cctv_cameras{state="offline"}'), 0);
    assert.equal(await value('cctv_cameras{state="never connected"}'), 2);
    assert.equal(await value('cctv_cameras{state="disabled"}'), 1);
    assert.equal(await value('cctv_cameras{state="recovering"}'), 0);
  });

  it('tell of each camera how old its footage is, what it records and how often it was restarted', async () => {
    const of = (name: string, which: string) =>
      value(`${name}{account="bach",camera="${which}"}`) as Promise<number>;
    const front = await of('cctv_camera_last_footage_age_seconds', 'front-door');
    assert.ok(front >= 0.8 && front < 60, String(front));
    const kitchen = await of('cctv_camera_last_footage_age_seconds', 'kitchen');
    assert.ok(kitchen >= 660 && kitchen < 720, String(kitchen));
    assert.equal(await of('cctv_camera_last_footage_age_seconds', 'shed'), undefined);
    assert.equal(await of('cctv_camera_frames_total', 'front-door'), 4_711);
    assert.equal(await of('cctv_camera_restarts_total', 'front-door'), 2);
    assert.equal(await of('cctv_camera_recorded_bytes_per_second', 'front-door'), 51_500);
    assert.equal(await of('cctv_camera_connected', 'kitchen'), 0);
    const awaited = await of('cctv_camera_never_connected_seconds', 'kitchen');
    assert.ok(awaited >= 0 && awaited < 120, String(awaited));
    assert.equal(await of('cctv_camera_never_connected_seconds', 'front-door'), undefined);
    assert.equal(await of('cctv_camera_never_connected_seconds', 'shed'), undefined, 'disabled');
    assert.equal(await value('cctv_recording_stops_total{cause="stream stalled"}'), 1);
    assert.equal(await value('cctv_recording_stops_total{cause="relay died"}'), 0);
    fixture.fleet = [];
    assert.equal(await of('cctv_camera_frames_total', 'front-door'), undefined);
    fixture.fleet = [connected(camera('front-door'), { frames: 4_711, restarts: 2 })];
  });

  it('sum up what is missing of the last hour, by cause', async () => {
    const missing = (await lines()).filter((line) => line.startsWith('cctv_missing_footage_s'));
    assert.ok(missing.length >= 14);
    const unseen = await value('cctv_missing_footage_seconds{cause="never connected"}');
    assert.ok(unseen !== undefined && unseen >= 0);
  });

  it('tell of spool, uploads, viewers, tunnels, alerts and the process', async () => {
    const expected = {
      cctv_spool_segments: 12,
      cctv_spool_bytes: 31_000_000,
      'cctv_spool_disk_state{state="nearly full"}': 1,
      'cctv_spool_disk_state{state="ok"}': 0,
      cctv_spool_budget_bytes: 5e9,
      cctv_uploads_waiting: 2,
      cctv_stored_segments_total: 7,
      'cctv_upload_duration_seconds_count{outcome="failed"}': 1,
      'cctv_upload_duration_seconds_bucket{le="0.5",outcome="stored"}': 1,
      'cctv_viewers{state="playing"}': 1,
      cctv_tunnels: 1,
      'cctv_tunnel_logins_total{result="refused"}': 3,
      'cctv_alert_deliveries{state="failed"}': 0,
      cctv_alert_channels_failing: 0,
      [`cctv_build_info{version="0.1.0",node="${process.versions.node}"}`]: 1,
    };
    for (const [series, wanted] of Object.entries(expected)) {
      assert.equal(await value(series), wanted, series);
    }
    assert.ok(((await value('cctv_upload_outage_seconds')) ?? 0) >= 90);
    assert.ok(((await value('cctv_spool_oldest_age_seconds')) ?? 0) >= 240);
    for (const name of ['nodejs_eventloop_lag_p99_seconds', 'process_resident_memory_bytes']) {
      assert.ok(((await value(name)) ?? -1) >= 0, name);
    }
  });

  it('name nothing that is secret, and no more labels than there are cameras', async () => {
    const all = (await lines()).filter((line) => line.startsWith('cctv_'));
    assert.ok(all.length < 150, String(all.length));
    assert.ok(!all.some((line) => /203\.0\.113|anna|SHA256|rtsp/.test(line)));
  });

  it('have a server of their own, which says whether the daemon is well and nothing else', async () => {
    const health = { health: () => fixture.verdict, readiness: () => fixture.verdict };
    const options = { health, metrics: fixture.metrics, log: silentLog };
    const listen = { host: '127.0.0.1', port: 0 };
    await using server = await startMetricsServer({ ...options, listen });
    const url = (path: string) => `http://127.0.0.1:${server.address.port}${path}`;
    assert.match(await (await fetch(url('/metrics'))).text(), /^cctv_tunnels 1$/m);
    assert.equal((await fetch(url('/healthz'))).status, 200);
    fixture.verdict = { ok: false, problems: ['the SSH server does not answer'] };
    for (const path of ['/healthz', '/readyz']) {
      const answer = await fetch(url(path));
      assert.equal(answer.status, 503);
      assert.deepEqual(await answer.json(), fixture.verdict);
      assert.equal((await ask(path)).status, 503);
    }
    fixture.verdict = { ok: true, problems: [] };
    assert.equal((await fetch(url('/status'))).status, 404);
    const [rebound] = await once(
      get({ ...server.address, path: '/metrics', headers: { host: 'evil.example.com' } }),
      'response',
    );
    assert.equal((rebound as IncomingMessage).resume().statusCode, 421);
    await assert.rejects(
      startMetricsServer({ ...options, listen: { host: '127.0.0.1', port: server.address.port } }),
      /metrics\.listen: can't listen at 127\.0\.0\.1 port \d+: another program listens there/,
    );
  });
});
