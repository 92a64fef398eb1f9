import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { promtool } from '../support/tools.ts';
import { alertStories } from './alert-stories.ts';
import { ConsoleFixture, connected } from '../control/fixture.ts';

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
    fixture.addCamera({ account: 'bach', camera: 'attic' }, 2);
    fixture.fleet = [connected(front)];
    const nobody = { place: { domain: undefined, rtsp: undefined, rtsps: undefined } };
    const gateway = { ...nobody, viewers: () => [], disconnect: () => {} };
    fixture.gateway = gateway;
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

  const ruleNames = [...rules.matchAll(/^ *- alert: (\w+)$/gm)].map(([, name = '']) => name);

  it('has a story in which each rule raises the alarm, and tells of no rule that there is not', () => {
    const told = new Set(
      alertStories.flatMap(({ rule, fires }) => (fires === undefined ? [] : [rule])),
    );
    assert.deepEqual([...told].toSorted(), ruleNames.toSorted());
    assert.ok(alertStories.every(({ quiet }) => quiet.length > 0));
  });

  for (const [index, story] of alertStories.entries()) {
    const { rule, quiet, fires, series, labels = [], severity } = story;
    const when = fires === undefined ? 'stays quiet' : 'raises the alarm, and not before';
    it(`${rule} ${when} (story ${index + 1})`, async () => {
      const at = (time: string, alarms: readonly object[]) => ({
        alertname: rule,
        eval_time: time,
        exp_alerts: alarms,
      });
      const alarms = labels.map((own) => ({ exp_labels: { severity, ...own } }));
      // Texts are not what is tried here.
      const bare = join(fixture.directory, `rules-${index}.yaml`);
      writeFileSync(bare, rules.replaceAll(/^ {8}annotations:\n(?: {10}.*\n?)+/gm, ''));
      const file = join(fixture.directory, `story-${index}.yaml`);
      const input = Object.entries(series).map(([name, values]) => ({ series: name, values }));
      const test = {
        interval: '30s',
        input_series: input,
        alert_rule_test: [
          ...quiet.map((time) => at(time, [])),
          ...(fires === undefined ? [] : [at(fires, alarms)]),
        ],
      };
      writeFileSync(
        file,
        stringify({ rule_files: [bare], evaluation_interval: '30s', tests: [test] }),
      );
      await check('test', 'rules', file);
    });
  }

  it('says in the alarm of which camera it tells, and what to do', async () => {
    const text = /alert: CctvCameraNeverConnected[^]*?\n\n/.exec(rules)?.[0] ?? '';
    assert.match(text, /\$labels\.account \}\}\/\{\{ \$labels\.camera/);
    const unsaid = rules
      .split(/^ *- alert: /m)
      .slice(1)
      .filter((rule) => !/summary: ./.test(rule) || !/description: ./.test(rule));
    assert.deepEqual(unsaid, []);
  });
});
