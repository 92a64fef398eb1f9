import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { makeBundle } from '../../src/doctor/bundle.ts';
import { maskConfiguration, redactor } from '../../src/doctor/redact.ts';
import { tar } from '../../src/doctor/tar.ts';
import { temporaryDirectory } from '../support/segments.ts';

const file = '/etc/sapiengraph-cctv/config.yaml';

describe('a configuration that is shown', () => {
  it('has the options that everybody may see, and only those', () => {
    const { shown, hidden, ledgerFile } = maskConfiguration(
      file,
      `stateDirectory: state
bucket: {name: footage, endpoint: 'https://user:pw@s3.example.net/?token=x', credentials: {secretAccessKey: abc}}
tunnel: {listen: ':2222', loginGraceSeconds: 20}
bucketPassword: hunter2
alerts: {smtp: {host: mail.example.com, password: 12345678}, operator: {sms: [6591234567]}}
gateway: {basicWithoutTls: true}`,
    );
    assert.deepEqual(shown, {
      stateDirectory: 'state',
      bucket: {
        name: 'footage',
        endpoint: 'https://user:***@s3.example.net/',
        credentials: { secretAccessKey: '***' },
      },
      tunnel: { listen: ':2222', loginGraceSeconds: 20 },
      bucketPassword: '***',
      alerts: { smtp: { host: 'mail.example.com', password: '***' }, operator: { sms: ['***'] } },
      gateway: { basicWithoutTls: true },
    });
    assert.deepEqual(hidden, ['abc', 'hunter2', '12345678', '6591234567']);
    assert.equal(ledgerFile, '/etc/sapiengraph-cctv/state/ledger/ledger.sqlite');
  });

  it('is not shown at all if it can’t be taken apart, and every word of it is hidden', () => {
    const { shown, hidden, ledgerFile } = maskConfiguration(
      file,
      'bucket:\n  credentials: {secretAccessKey: "broken-secret\n  accessKeyId: broken-key\n',
    );
    assert.deepEqual(shown, { unreadable: 'the file is no valid YAML' });
    assert.equal(ledgerFile, undefined);
    const redact = redactor(hidden);
    assert.doesNotMatch(redact('found broken-secret near broken-key'), /broken/);
  });
});

describe('a text without secrets', () => {
  const redact = redactor(['s3cr&t/+', 'pw9']);

  it('lacks those that are known, in whatever form, and short ones as words of their own', () => {
    const base64 = Buffer.from('s3cr&t/+').toString('base64');
    assert.equal(
      redact(`a s3cr&t/+ b ${encodeURIComponent('s3cr&t/+')} c ${base64}`),
      'a *** b *** c ***',
    );
    assert.equal(redact('pw9, xpw9x'), '***, xpw9x');
  });

  it('lacks what looks like one, and stays JSON if it was', () => {
    for (const [text, clean] of [
      ['rtsp://admin:word@10.0.0.9/x', 'rtsp://admin:***@10.0.0.9/x'],
      ['password=abc&x=1', 'password=***&x=1'],
      ['Authorization: Basic YWJj', 'Authorization: ***'],
      ['user=enrol.abcdef123', 'user=enrol.***'],
      ['AKIAIOSFODNN7EXAMPLE', '***'],
      ['-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----', '***'],
    ] as const) {
      assert.equal(redact(text), clean);
    }
    const json = JSON.stringify({ token: 'a"b', hasPassword: true, secret: null, password: 'x' });
    assert.deepEqual(Object.keys(JSON.parse(redact(json)) as object).length, 4);
  });
});

describe('a support bundle', () => {
  it('leaves out what may repeat passwords where they can not be known', async () => {
    await using directory = await temporaryDirectory();
    const config = join(directory.path, 'config.yaml');
    writeFileSync(config, `ledgerFile: ${join(directory.path, 'ledger.sqlite')}\n`);
    writeFileSync(join(directory.path, 'ledger.sqlite'), 'no ledger at all');
    chmodSync(config, 0o600);
    const { bytes } = await makeBundle(
      {
        patient: {
          file: config,
          problems: [],
          env: {},
          version: '0.1.0',
          daemon: { silence: 'it is not running' },
        },
        findings: [{ area: 'daemon', severity: 'ok', text: 'all is well' }],
        screen: () => ['all is well'],
        ask: { cameras: async () => ['unknown-password'], metrics: async () => 'cctv_tunnels 1' },
        unit: 'sapiengraph-cctv',
      },
      new AbortController().signal,
    );
    const text = gunzipSync(bytes).toString();
    assert.match(text, /Left out, lest it has a secret in it: the ledger can't be read/);
    assert.doesNotMatch(text, /unknown-password/);
    assert.match(text, /cctv_tunnels 1/);
  });

  it('is an archive that tar reads, whatever the lengths of its files', async () => {
    await using directory = await temporaryDirectory();
    const lengths = [0, 1, 511, 512, 513, 100_000];
    const files = lengths.map((bytes) => [`d/${bytes}.txt`, Buffer.alloc(bytes, 'x')] as const);
    const archive = join(directory.path, 'a.tar');
    writeFileSync(archive, tar(new Map(files), Date.UTC(2026, 0, 1)));
    const { stdout, stderr } = await execa('tar', ['tvf', archive, '--utc']);
    assert.equal(stderr, '');
    const sizes = stdout.split('\n').map((line) => Number(line.trim().split(/\s+/)[2]));
    assert.deepEqual(sizes, lengths);
    assert.match(stdout, /^-rw------- \S+ +0 2026-01-01/);
  });
});
