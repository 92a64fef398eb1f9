import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { after, before, beforeEach, describe, it } from 'node:test';
import { ConfigError } from '../../src/config/errors.ts';
import {
  canDoWithout,
  loadChecked,
  loadOrLastGood,
  rememberAsLastGood,
} from '../../src/config/last-good.ts';
import type { Environment } from '../../src/config/secrets.ts';
import { OperatorError } from '../../src/lib/errors.ts';
import { temporaryDirectory } from '../support/segments.ts';

describe('the last good configuration', () => {
  const resources = new AsyncDisposableStack();
  let etc: string;
  let state: string;
  let file: string;
  let copy: string;
  let good: string;
  let env: Environment;
  before(async () => {
    const { path } = resources.use(await temporaryDirectory());
    etc = join(path, 'etc');
    state = join(path, 'state');
    file = join(etc, 'config.yaml');
    copy = join(state, 'config.last-good.yaml');
    env = { STATE_DIRECTORY: state, PATH: process.env['PATH'] };
    good = `bucket: {name: footage, credentials: {accessKeyIdFile: id, secretAccessKeyFile: secret}}
relay: {program: sh, preload: config.yaml}
archive: {program: sh}
tunnel: {listen: ':2022'}
`;
  });
  beforeEach(() => {
    for (const directory of [etc, state]) {
      rmSync(directory, { recursive: true, force: true });
      mkdirSync(directory);
    }
    writeFileSync(join(etc, 'id'), 'id', { mode: 0o600 });
    writeFileSync(join(etc, 'secret'), 'hunter2', { mode: 0o600 });
    writeFileSync(file, good);
  });
  after(() => resources.disposeAsync());

  const rememberGood = (): void => rememberAsLastGood(loadChecked(file, env), env);

  it('is kept as it stands in its file, for the service alone, and written when it has changed', async () => {
    rememberGood();
    assert.equal(readFileSync(copy, 'utf8'), good);
    assert.equal(statSync(copy).mode & 0o777, 0o600);
    const { mtimeMs } = statSync(copy);
    await delay(20);
    rememberGood();
    assert.equal(statSync(copy).mtimeMs, mtimeMs);
    writeFileSync(file, good.replace('2022', '2023'));
    rememberGood();
    assert.match(readFileSync(copy, 'utf8'), /2023/);
  });

  it('is what is used in the place of one that is refused, and says why', () => {
    rememberGood();
    const { tunnel, bucket, relay } = loadChecked(file, env).config;
    for (const [text, problem] of [
      ['bucket: {name: footage}\ntunel: {}\n', /did you mean tunnel/],
      ['bucket: [\n', /./],
      [good.replace('archive: {program: sh}', 'archive: {program: /none/ffmpeg}'), /none\/ffmpeg/],
      [good.replace('secretAccessKeyFile: secret', 'secretAccessKeyFile: none'), /none/],
    ] as const) {
      writeFileSync(file, text);
      const { config } = loadOrLastGood(file, env);
      assert.deepEqual([config.tunnel, config.bucket, config.relay], [tunnel, bucket, relay]);
      assert.equal(config.file, file);
      assert.match(config.refused?.problems.join('\n') ?? '', problem);
      assert.equal(config.refused?.copy, copy);
      // What was refused is never kept.
      rememberAsLastGood({ config, source: text }, env);
      assert.equal(readFileSync(copy, 'utf8'), good);
    }
    writeFileSync(file, good);
    assert.equal(loadOrLastGood(file, env).config.refused, undefined);
  });

  it('is used when the file is gone, but not where its secrets are gone with it', () => {
    rememberGood();
    rmSync(file);
    writeFileSync(join(etc, 'loopback-only.so'), '');
    writeFileSync(copy, good.replace('preload: config.yaml', 'preload: loopback-only.so'));
    assert.match(loadOrLastGood(file, env).config.refused?.problems[0] ?? '', /There is no file/);
    assert.equal(canDoWithout(file, env), true);
    rmSync(join(etc, 'secret'));
    assert.throws(() => loadOrLastGood(file, env), OperatorError);
    assert.equal(canDoWithout(file, env), false);
  });

  it('is used without a secret that is gone or spoiled, so that recording goes on', () => {
    rememberGood();
    writeFileSync(join(etc, 'secret'), 'two\nlines');
    const { config } = loadOrLastGood(file, env);
    assert.match(config.refused?.problems.join() ?? '', /must hold the key alone/);
    assert.match(config.warnings.join(), /must hold the key alone/);
    assert.deepEqual(config.bucket.credentials, {
      accessKeyId: 'id',
      secretAccessKey: '',
      sessionToken: undefined,
    });
  });

  it('is not there at a first start, nor usable by all means: then the present one is refused', () => {
    writeFileSync(file, 'bucket: {}\n');
    const refused = (): readonly string[] => {
      try {
        loadOrLastGood(file, env);
      } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.problems;
      }
      return assert.fail('was accepted');
    };
    assert.match(refused().join(), /bucket\.name/);
    for (const unusable of [
      'bucket: [',
      good.replace('{program: sh}', '{program: /none/ffmpeg}'),
    ]) {
      writeFileSync(copy, unusable);
      assert.match(refused().join(), /bucket\.name/);
    }
  });

  it('is none of who is no service, and that it can’t be kept is told', () => {
    const byHand = { PATH: env['PATH'] };
    rememberAsLastGood(loadChecked(file, byHand), byHand);
    assert.throws(() => statSync(copy));
    const nowhere = { PATH: env['PATH'], STATE_DIRECTORY: join(state, 'none') };
    assert.throws(
      () => rememberAsLastGood(loadChecked(file, nowhere), nowhere),
      /can't be kept as .*none\/config\.last-good\.yaml/,
    );
  });
});
