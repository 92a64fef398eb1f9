import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { run } from './run.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-cctvd-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const env = { CCTV_BUCKET_ACCESS_KEY_ID: 'id', CCTV_BUCKET_SECRET_ACCESS_KEY: 'hunter2' };

const write = (yaml: string): string => {
  const file = join(directory, 'config.yaml');
  writeFileSync(file, yaml);
  return file;
};

describe('cctvd', () => {
  it('check: says what a good configuration leads to, without its secrets', async () => {
    const file = write(
      `bucket: {name: footage, endpoint: 'http://127.0.0.1:9'}
relay: {program: sh, preload: ${join(directory, 'config.yaml')}}
archive: {program: sh, segmentSeconds: 30}
gateway: {listen: ':8554'}
console: {web: {publicUrl: 'https://cctv.example.com'}}
metrics: {}
alerts: {}
`,
    );
    const { code, stdout, stderr } = await run('cctvd', ['check', '--config', file], { env });
    assert.equal(code, 0, stderr);
    assert.match(stdout, /config\.yaml can be used:$/m);
    assert.match(stdout, /^ {2}Cameras dial in at +0\.0\.0\.0:2222$/m);
    assert.match(stdout, /^ {2}Viewers connect to +0\.0\.0\.0:8554, RTSP in the clear$/m);
    assert.match(
      stdout,
      /^ {2}Owners open the page at +https:\/\/cctv\.example\.com\/, which a proxy brings to http:\/\/127\.0\.0\.1:8080\/$/m,
    );
    assert.match(stdout, /^ {2}Metrics are at +http:\/\/127\.0\.0\.1:9464\/metrics$/m);
    assert.match(stdout, /^ {2}Alerts go out by +webhook$/m);
    assert.match(stdout, /segments of 30 s$/m);
    assert.match(stdout, /the bucket footage at http:\/\/127\.0\.0\.1:9$/m);
    assert.doesNotMatch(stdout, /hunter2/);
  });

  it('check and run: list all problems, and programs that are missing, without a stack', async () => {
    const wrong = write('bucket: {}\ntunnel: {listen: here}\n');
    const lacking = 'bucket: {name: a}\narchive: {program: /none/ffmpeg}\n';
    for (const command of [['check'], []]) {
      const first = await run('cctvd', [...command, '--config', wrong], { env });
      assert.equal(first.code, 1);
      assert.match(
        first.stderr,
        /^cctvd: The configuration .* can't be used, for 2 problems:\n {2}- /,
      );
      assert.doesNotMatch(first.stderr, /^ +at /m);
      const second = await run('cctvd', [...command, '--config', write(lacking)], { env });
      assert.match(second.stderr, /archive\.program: \/none\/ffmpeg is not on this machine/);
      write('bucket: {}\ntunnel: {listen: here}\n');
    }
  });

  it('says what is missing when there is no configuration', async () => {
    const { code, stderr } = await run('cctvd', ['--config', join(directory, 'none.yaml')]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^cctvd: There is no file .*none\.yaml\. Name the configuration with --config/,
    );
    assert.equal((await run('cctvd', ['chekc'])).code, 2);
  });
});
