import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { startControl, type Control } from '../../src/control/control.ts';
import { openLedger } from '../../src/ledger/ledger.ts';
import { lockDirectory } from '../../src/spool/lock.ts';
import { ConsoleFixture } from '../control/fixture.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { JournaledBucket, keyNumber } from '../support/journaled-bucket.ts';
import { frontDoor, someTimeMs, temporaryDirectory } from '../support/segments.ts';
import { run } from './run.ts';

describe('cctv verify and cctv ledger rebuild', () => {
  const resources = new AsyncDisposableStack();
  let s3: S3Server;
  let site: JournaledBucket;
  let control: Control;
  let config: string;
  let deleted: string;
  before(async () => {
    const directory = resources.use(await temporaryDirectory());
    s3 = resources.use(await startS3Server({ directory: `${directory.path}/s3` }));
    site = resources.use(await JournaledBucket.start(s3, 'cctv/'));
    site.ledger.accounts.add('bach');
    site.ledger.cameras.add({ ...frontDoor, key: keyNumber(1), rtspUser: 'u', rtspPassword: 'p' });
    await site.putMinute(frontDoor, someTimeMs);
    ({ key: deleted } = await site.putMinute(frontDoor, someTimeMs + 86_400_000));
    await site.flush();
    const fixture = resources.use(new ConsoleFixture());
    control = await startControl({
      ...fixture.options(),
      ledger: site.ledger,
      copyOfLedger: () => site.ledger.watch.copy(),
      bucket: site.store,
    });
    resources.use(control);
    config = join(site.directory, 'config.yaml');
    const { endpoint, region } = s3;
    writeFileSync(
      config,
      stringify({
        stateDirectory: site.directory,
        ledgerFile: site.file,
        bucket: { name: site.bucket.name, endpoint, region, prefix: 'cctv' },
        control: { socket: control.socket },
      }),
    );
    await site.bucket.put('cctv/bach/\u001b[31mred', Buffer.from('x'));
    await site.bucket.delete(deleted);
  });
  after(() => resources.disposeAsync());

  const cctv = (...args: string[]) =>
    run('cctv', ['--config', config, ...args], {
      env: {
        CCTV_BUCKET_ACCESS_KEY_ID: s3.accessKeyId,
        CCTV_BUCKET_SECRET_ACCESS_KEY: s3.secretAccessKey,
      },
    });

  it('verify: names what is wrong, sums up, and fails', async () => {
    const { code, stdout, stderr } = await cctv('verify');
    assert.deepEqual([code, stderr], [1, '']);
    assert.match(stdout, new RegExp(`^missing +${deleted}$`, 'm'));
    assert.match(stdout, /^strange +cctv\/bach\/red$/m);
    assert.match(stdout, /^1 object, \d+ B: as the ledger says\.$/m);
    assert.match(stdout, /^missing: 1 \(.*that footage is lost\)$/m);
    assert.match(stdout, /^2 problems\.$/m);
  });

  it('verify: is content with the part in which nothing is wrong', async () => {
    const day = ['--account', 'bach', '--from', '2026-11-23', '--to', '2026-11-24', '--deep'];
    // What is no segment has no time.
    await site.bucket.delete('cctv/bach/\u001b[31mred');
    const { code, stdout } = await cctv('verify', ...day);
    assert.equal(
      stdout.replace(/\d+ B/, 'N B'),
      '1 object, N B: read and found to hold what their names say.\nNothing is wrong.\n'.trimEnd(),
    );
    assert.equal(code, 0);
    assert.equal((await cctv('verify', '--from', '1h', '--to', '2h')).code, 2);
    const nobody = await cctv('verify', '--account', 'nobody');
    assert.equal(nobody.code, 1);
    assert.match(nobody.stderr, /no account nobody with cameras/);
  });

  it('verify --json: prints a line for each', async () => {
    const { code, stdout } = await cctv('verify', '--json');
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(lines[0], { kind: 'missing', key: deleted, detail: '' });
    assert.equal(lines.at(-1)?.['objects'], 1);
    assert.deepEqual([lines.length, code], [2, 1]);
  });

  it('ledger rebuild: makes another beside it, tells what differs and what is lacking', async () => {
    const { code, stdout, stderr } = await cctv('ledger', 'rebuild');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^Footage +1 segment,/m);
    assert.match(stdout, /they differ/);
    assert.match(stdout, /^ {2}bach\/front-door 2026-11-24T01:42:00\.000Z$/m);
    assert.match(stdout, /viewers and their passwords\. Add them again/);
    assert.match(stdout, /^1 cameras had one:\n {2}bach\/front-door$/m);
    assert.match(stdout, /was not touched/);
    const json = JSON.parse((await cctv('ledger', 'rebuild', '--json')).stdout) as {
      comparison: { identical: boolean };
    };
    assert.equal(json.comparison.identical, false);
  });

  it('ledger rebuild --replace: not under a running daemon; then with the old one kept', async () => {
    const spool = join(site.directory, 'spool');
    mkdirSync(spool);
    {
      await using _lock = await lockDirectory(spool);
      const { code, stderr } = await cctv('ledger', 'rebuild', '--replace');
      assert.equal(code, 1);
      assert.match(
        stderr,
        /can't be replaced while a daemon works on it\. Stop the daemon: systemctl/,
      );
    }
    site.ledger[Symbol.dispose]();
    const { code, stdout, stderr } = await cctv('ledger', 'rebuild', '--replace');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /is the rebuilt one now\. The one before is kept as .*before-/);
    assert.equal(
      readdirSync(join(site.directory, 'ledger')).filter((name) => /before-\w+$/.test(name)).length,
      1,
    );
    site.ledger = openLedger(site.file);
    assert.equal(site.ledger.keys.ownerOf(keyNumber(1))?.camera, 'front-door');
  });

  it('ledger rebuild: says in plain words that the bucket can’t be read', async () => {
    const { code, stderr } = await run('cctv', ['ledger', 'rebuild', '--config', config], {
      env: { CCTV_BUCKET_ACCESS_KEY_ID: s3.accessKeyId, CCTV_BUCKET_SECRET_ACCESS_KEY: 'wrong' },
    });
    assert.equal(code, 1);
    assert.match(stderr, /could not be read: The secret access key does not belong/);
  });
});
