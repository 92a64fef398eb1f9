import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { once } from 'node:events';
import { parse, stringify } from 'yaml';
import type { ReloadAnswer } from '../../src/contract/status.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';

describe('a configuration that changes while a camera is recorded', () => {
  let site: Site;
  let camera: SiteCamera;
  let recorder: number | undefined;
  before(async () => {
    site = await Site.start({
      segmentSeconds: 2,
      config: {
        metrics: { listen: '127.0.0.1:0' },
        gateway: { listen: '127.0.0.1:0', maxViewers: 7 },
        processors: [
          { name: 'first', command: ['sh', '-c', 'echo first processor >&2; sleep 1000'] },
        ],
      },
    });
    camera = await site.addCamera('bach/front-door');
    camera.dial();
    recorder = (await camera.recording()).archiver?.pid;
  });
  after(() => site[Symbol.asyncDispose]());

  const change = (text: (yaml: string) => string): void => {
    const file = join(site.directory, 'config.yaml');
    writeFileSync(file, text(readFileSync(file, 'utf8')));
  };
  const set = (options: Record<string, unknown>): void =>
    change((yaml) => stringify({ ...(parse(yaml) as object), ...options }));
  const reload = async (): Promise<ReloadAnswer> =>
    JSON.parse(await site.cctv('reload', '--json')) as ReloadAnswer;
  const said = (pattern: RegExp): boolean =>
    site.log.some(({ message, ...fields }) => pattern.test(`${message} ${JSON.stringify(fields)}`));

  it('is taken where that costs no footage', async () => {
    set({
      processors: [
        { name: 'second', command: ['sh', '-c', 'echo second processor >&2; sleep 1000'] },
      ],
      metrics: { listen: '127.0.0.1:0' },
      alerts: {},
      gateway: { listen: '127.0.0.1:0', maxViewers: 8 },
    });
    assert.deepEqual(await reload(), {
      taken: ['alerts', 'processors', 'gateway.maxViewers'],
      needsRestart: [],
      failed: [],
    });
    await eventually('the second processor', 10_000, () => said(/second processor/));
    assert.equal(
      site.children().filter(({ command }) => /first processor/.test(command)).length,
      0,
    );
    assert.match(await site.cctv('alerts'), /./);
    set({ log: { format: 'json', level: 'warn' } });
    assert.deepEqual((await reload()).taken, ['log.level']);
    assert.deepEqual((await reload()).taken, []);
  });

  it('is named where it takes a restart, and not taken where it can not be used', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    set({ metrics: { listen: `127.0.0.1:${port}` }, archive: { segmentSeconds: 4 } });
    const refused = await site.cctv('reload').catch((error: unknown) => error);
    assert.match(
      String(refused),
      /Can't be used, as it was before: metrics: .*listens there already/,
    );
    assert.match(
      String(refused),
      /Not in force until the daemon is restarted: archive.segmentSeconds/,
    );
    taken.close();
    assert.ok(said(/serving metrics/));
  });

  it('is left alone as a whole where cctvd check refuses it', async () => {
    change((yaml) => yaml.replace('maxViewers: 8', 'maxViewers: many'));
    const refused = await site.cctv('reload').catch((error: unknown) => error);
    assert.match(
      String(refused),
      /can't be used, for 1 problem:\n.*gateway\.maxViewers \(line \d+\)/,
    );
  });

  it('never stopped the recording', async () => {
    const [status] = await site.connected();
    assert.equal(status?.state, 'recording');
    assert.equal(status?.archiver?.pid, recorder);
  });
});
