import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { examineConfig } from '../../src/config/load.ts';
import { asService } from '../../src/config/service-credentials.ts';
import { temporaryDirectory } from '../support/segments.ts';
import { run } from '../cli/run.ts';

describe('the secrets of the service, read by hand', () => {
  const resources = new AsyncDisposableStack();
  let directory: string;
  let file: string;
  before(async () => {
    directory = resources.use(await temporaryDirectory()).path;
    file = join(directory, 'config.yaml');
    writeFileSync(file, 'bucket: {name: footage}\n', { mode: 0o644 });
    chmodSync(directory, 0o755);
  });
  after(() => resources.disposeAsync());

  const fill = (name: string, prefix: string, secret: string): string => {
    const path = join(directory, name);
    mkdirSync(path, { mode: 0o700 });
    writeFileSync(join(path, `${prefix}bucket-access-key-id`), 'id', { mode: 0o600 });
    writeFileSync(join(path, `${prefix}bucket-secret-access-key`), secret, { mode: 0o600 });
    return path;
  };
  const secretOf = (env: Record<string, string>) =>
    examineConfig(file, env).config?.bucket.credentials?.secretAccessKey;

  it('are those beside the configuration, in the first place of several that has them', () => {
    assert.deepEqual(asService(file, {}), {});
    mkdirSync(join(directory, 'credentials'));
    assert.deepEqual(asService(file, {}), {});
    rmdirSync(join(directory, 'credentials'));
    const beside = fill('credentials', '', 'of-the-next-start');
    // As systemd names what it loads of a directory.
    const given = fill('run', 'cctv_', 'of-the-last-start');
    assert.equal(asService(file, {})['CREDENTIALS_DIRECTORY'], beside);
    assert.equal(secretOf({ CREDENTIALS_DIRECTORY: given }), 'of-the-last-start');
    const both = { CREDENTIALS_DIRECTORY: `${beside}:${given}` };
    assert.equal(secretOf(both), 'of-the-next-start');
    // One that was taken away is missing at the next start, whatever the last one was given.
    rmSync(join(beside, 'bucket-secret-access-key'));
    assert.equal(secretOf(both), '');
    writeFileSync(join(given, 'bucket-secret-access-key'), 'from-elsewhere', { mode: 0o600 });
    assert.equal(secretOf(both), 'from-elsewhere');
    const said = { CREDENTIALS_DIRECTORY: given };
    assert.equal(asService(file, said), said);
  });

  it('are said to be hidden from a user who may not read them', async () => {
    const options = { asStranger: true };
    const { code, stderr } = await run('cctvd', ['check', '--config', file], options);
    assert.equal(code, 1);
    assert.match(stderr, /You may not read .*\/credentials, .*: use sudo\./);
  });
});
