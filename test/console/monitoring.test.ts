import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { promtool } from '../support/tools.ts';
import { ConsoleFixture, connected } from './fixture.ts';

const systemd = join(import.meta.dirname, '../../systemd');
const rulesFile = join(systemd, 'prometheus-alerts.yaml');
const rules = readFileSync(rulesFile, 'utf8');
const dashboard = readFileSync(join(systemd, 'grafana-dashboard.json'), 'utf8');

/** Fails with what promtool says. */
const check = (...args: string[]) => execa(promtool(), args, { timeout: 20_000 });

const expressions = (value: unknown): string[] =>
  value === null || typeof value !== 'object'
    ? []
    : Object.entries(value).flatMap(([key, inner]) =>
        key === 'expr' && typeof inner === 'string' ? [inner] : expressions(inner),
      );

describe('what is brought for Prometheus and Grafana', () => {
  let fixture: ConsoleFixture;
  let known: Set<string>;
  before(async () => {
    fixture = new ConsoleFixture();
    const front = { account: 'bach', camera: 'front-door' };
    fixture.addCamera(front, 1, { minutes: 2, endMs: Date.now() });
    fixture.fleet = [connected(front)];
    const nobody = { place: { domain: undefined, rtsp: undefined, rtsps: undefined } };
    const gateway = { ...nobody, viewers: () => [], disconnect: () => {} };
    fixture.watching = { ...fixture.watching, gateway };
    fixture.watchMetrics();
    known = new Set(
      (await fixture.metrics.read())
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => /^\w+/.exec(line)?.[0] ?? ''),
    );
  });
  after(() => fixture[Symbol.asyncDispose]());

  const assertKnown = (text: string): void => {
    const named = text.match(/\b(?:cctv|nodejs|process)_\w+/g) ?? [];
    assert.ok(named.length > 10);
    assert.deepEqual(
      [...new Set(named)].filter((name) => !known.has(name)),
      [],
    );
  };

  it('are alert rules that Prometheus takes, of metrics that there are', async () => {
    await check('check', 'rules', rulesFile);
    assertKnown(rules);
  });

  it('is a dashboard whose every query Prometheus takes, of metrics that there are', async () => {
    const queries = expressions(JSON.parse(dashboard));
    assert.ok(queries.length > 30);
    const file = join(fixture.directory, 'queries.yaml');
    const recorded = queries.map((expr, index) => ({ record: `query:${index}`, expr }));
    writeFileSync(file, stringify({ groups: [{ name: 'dashboard', rules: recorded }] }));
    await check('check', 'rules', file);
    assertKnown(dashboard);
  });

  it('has panels beside and below each other, none over another', () => {
    const { panels } = JSON.parse(dashboard) as {
      panels: { id: number; gridPos: Record<'x' | 'y' | 'w' | 'h', number> }[];
    };
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of panels) {
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          assert.ok(x < 24 && !taken.has(`${x} ${y}`));
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  it('raises the alarm for a camera, an outage, a full disk and a dead daemon, and not before', async () => {
    const job = 'job="sapiengraph-cctv", instance="shop"';
    const one = '{account="bach", camera="front-door", instance="shop"}';
    const camera = { account: 'bach', camera: 'front-door', instance: 'shop' };
    const alert = (alertname: string, at: string, labels: Record<string, string> | undefined) => ({
      ...{ alertname, eval_time: at },
      exp_alerts: labels === undefined ? [] : [{ exp_labels: labels }],
    });
    const file = join(fixture.directory, 'alarms.yaml');
    const server = { job: 'sapiengraph-cctv', instance: 'shop' };
    const tests = {
      ...{ rule_files: [rulesFile], evaluation_interval: '30s' },
      tests: [
        {
          interval: '30s',
          input_series: [
            // Half an hour each: well at first, then not.
            { series: `up{${job}}`, values: '1x30 0x30' },
            { series: `cctv_camera_last_footage_age_seconds${one}`, values: '1x30 30+30x30' },
            { series: 'cctv_upload_outage_seconds{instance="shop"}', values: '0x30 30+30x60' },
            {
              series: 'cctv_spool_disk_state{instance="shop", state="full"}',
              values: '0x30 1x30',
            },
            { series: `process_open_fds{${job}}`, values: '100x30 900x30' },
            { series: `process_max_fds{${job}}`, values: '1000x90' },
          ],
          alert_rule_test: [
            alert('CctvDaemonDown', '14m', undefined),
            alert('CctvDaemonDown', '18m', { severity: 'critical', ...server }),
            alert('CctvCameraWithoutFootage', '17m', undefined),
            alert('CctvCameraWithoutFootage', '25m', { severity: 'warning', ...camera }),
            alert('CctvUploadOutage', '20m', undefined),
            alert('CctvUploadOutage', '30m', { severity: 'critical', instance: 'shop' }),
            alert('CctvSpoolDiskFull', '15m', undefined),
            alert('CctvSpoolDiskFull', '16m', {
              ...{ severity: 'critical', instance: 'shop', state: 'full' },
            }),
            alert('CctvFileDescriptorsShort', '30m', { severity: 'warning', ...server }),
          ],
        },
      ],
    };
    // Texts are not what is tried here.
    const bare = join(fixture.directory, 'rules.yaml');
    writeFileSync(bare, rules.replaceAll(/^ {8}annotations:\n(?: {10}.*\n?)+/gm, ''));
    writeFileSync(file, stringify({ ...tests, rule_files: [bare] }));
    await check('test', 'rules', file);
  });
});
