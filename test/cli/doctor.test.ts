import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { startControl } from '../../src/control/control.ts';
import { doctorScreen } from '../../src/cli/screens/doctor-screen.ts';
import type { Finding } from '../../src/doctor/finding.ts';
import { parsePublicKey } from '../../src/tunnel/public-key.ts';
import { ConsoleFixture, connected, publicKey } from '../control/fixture.ts';
import { type S3Server, startS3Server } from '../stand-ins/s3-server.ts';
import { TestBucket } from '../support/bucket.ts';
import { makeCertificate } from '../support/certificate.ts';
import { temporaryDirectory } from '../support/segments.ts';
import { ffmpeg, live555ProxyServer, loopbackOnly } from '../support/tools.ts';
import { run } from './run.ts';

/** Each stands in one place; none may be in a bundle. */
const planted = {
  bucketSecret: 'Bucket+secret/of=40characters',
  bucketKey: 'AKIDPLANTEDKEYID',
  rtspPassword: 'rtsp&pass word"1',
  tokenPassword: 'rtspOfTokenPw',
  short: 'pw9',
  viewerPassword: 'viewers-own-password',
  viewerName: 'anna-magdalena',
  contactName: 'Johann Sebastian',
  phone: '+6591234567',
  contactMail: 'johann@example.net',
  webhook: 'https://chat.example.net/hooks/Xy7SecretPath',
  twilio: 'twilioTokenOf32characters0000000',
  smtp: 'smtpPassword!',
  gatewayPassword: 'kannelPassword',
  gatewayUrl: 'urlSecret77',
  operatorMail: 'operator@example.org',
  operatorHook: 'https://hooks.example.org/T000/OperatorSecret',
  heartbeat: 'https://beat.example.org/0b5e6f0c-secret',
  processor: '--api-token-of-processor=abc123def',
  misspelt: 'secretUnderAMisspeltName',
} as const;

describe('cctv doctor and support-bundle', () => {
  const resources = new AsyncDisposableStack();
  let directory: string;
  let s3: S3Server;
  let bucket: TestBucket;
  let fixture: ConsoleFixture;
  let tunnelPort: number;
  before(async () => {
    directory = resources.use(await temporaryDirectory()).path;
    s3 = resources.use(await startS3Server({ directory: join(directory, 's3') }));
    bucket = resources.use(await TestBucket.create(s3));
    fixture = resources.use(new ConsoleFixture());
    const listener = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'));
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    tunnelPort = (listener.address() as AddressInfo).port;
    resources.defer(() => void listener.close());

    fixture.addCamera({ account: 'bach', camera: 'front-door' }, 1);
    fixture.fleet = [connected({ account: 'bach', camera: 'front-door' })];
    const options = fixture.options();
    const info = { ...(await options.tunnelInfo()), address: `127.0.0.1:${tunnelPort}` };
    fixture.watchMetrics();
    resources.use(await startControl({ ...options, tunnelInfo: async () => info }));
  });
  after(() => resources.disposeAsync());

  const env = () => ({
    CCTV_BUCKET_ACCESS_KEY_ID: s3.accessKeyId,
    CCTV_BUCKET_SECRET_ACCESS_KEY: s3.secretAccessKey,
  });

  const configure = (name: string, more: Record<string, unknown> = {}): string => {
    const file = join(directory, name);
    const { endpoint, region } = s3;
    const config = {
      stateDirectory: join(directory, 'state'),
      ledgerFile: join(fixture.directory, 'ledger', 'ledger.sqlite'),
      bucket: { name: bucket.name, endpoint, region },
      relay: { program: live555ProxyServer(), preload: loopbackOnly() },
      archive: { program: ffmpeg() },
      control: { socket: fixture.socket },
      ...more,
    };
    writeFileSync(file, stringify(config), { mode: 0o600 });
    return file;
  };

  const examine = async (config: string, more: Record<string, string> = {}) => {
    const { code, stdout, stderr } = await run('cctv', ['--config', config, 'doctor', '--json'], {
      env: { ...env(), ...more },
    });
    assert.equal(stderr, '');
    const { findings } = JSON.parse(stdout) as { findings: Finding[] };
    const sick = findings.some(({ severity }) => severity === 'problem');
    assert.equal(code, sick ? 1 : 0);
    for (const { severity, advice, text } of findings) {
      if (severity === 'problem' || severity === 'warning') assert.ok(advice, text);
    }
    return findings;
  };

  const has = (
    findings: readonly Finding[],
    area: string,
    severity: Finding['severity'],
    pattern: RegExp,
  ): void => {
    const found = findings.some(
      (one) => one.area === area && one.severity === severity && pattern.test(one.text),
    );
    const there = findings.filter((one) => one.area === area);
    assert.ok(found, `${severity} ${pattern} of ${area}, in ${JSON.stringify(there, null, 1)}`);
  };

  it('finds nothing wrong where all is well, and says what can only be seen from elsewhere', async () => {
    await using certificate = await makeCertificate('127.0.0.1');
    // Who answers at the port of the tunnel does for the page too.
    const listen = `127.0.0.1:${tunnelPort}`;
    const web = { listen, tls: filesOf(certificate), publicUrl: `https://${listen}` };
    const findings = await examine(configure('well.yaml', { console: { web } }));
    const wrong = findings.filter(({ severity }) => severity === 'problem');
    // The machine that tests run on is not ours to judge.
    assert.deepEqual(
      wrong.filter(({ area }) => !['machine', 'disk', 'clock'].includes(area)),
      [],
    );
    has(findings, 'daemon', 'ok', /^The daemon answers: version 0\.1\.0, process \d+$/);
    has(findings, 'daemon', 'ok', /^1 of 1 cameras are connected, 1 recording$/);
    has(findings, 'configuration', 'ok', /well\.yaml can be used$/);
    has(findings, 'configuration', 'warning', /^Nobody is told when a camera stops/);
    has(findings, 'programs', 'ok', /^ffmpeg has all codecs/);
    has(findings, 'programs', 'ok', /^live555ProxyServer \d{4}\./);
    has(findings, 'programs', 'ok', /^The relay keeps to loopback$/);
    has(findings, 'network', 'ok', /^It answers at 127\.0\.0\.1 port \d+, for cameras/);
    has(findings, 'network', 'ok', /^It answers at 127\.0\.0\.1 port \d+, for browsers/);
    has(findings, 'network', 'unseen', /can be reached by cameras/);
    has(findings, 'clock', 'ok', /^This clock and that of 127\.0\.0\.1:\d+ agree$/);
    for (const right of ['put', 'head', 'get', 'list', 'delete']) {
      has(findings, 'bucket', 'ok', new RegExp(`lets us ${right} objects$`));
    }
    assert.deepEqual(await bucket.keys(), []);
    // Where it can't be deleted, it is no document that somebody would wonder about.
    await bucket.put('_ledger/probe', Buffer.from('x'));
    using store = bucket.open();
    assert.deepEqual(await store.documents.names(new AbortController().signal), []);
    has(findings, 'ledger', 'ok', /^The ledger is whole$/);
    has(findings, 'disk', 'ok', /wait in the spool/);
  });

  it('finds what is wrong without a daemon, each with what to do', async () => {
    await using certificate = await makeCertificate('127.0.0.1');
    const broken = join(directory, 'broken');
    mkdirSync(join(broken, 'keys'), { recursive: true });
    mkdirSync(join(broken, 'spool', 'damaged', 'bach'), { recursive: true });
    writeFileSync(join(broken, 'spool', 'damaged', 'bach', 'a.mp4'), 'x');
    writeFileSync(join(broken, 'keys', 'host-ed25519'), 'key');
    chmodSync(join(broken, 'keys', 'host-ed25519'), 0o644);
    const damaged = join(broken, 'ledger.sqlite');
    writeFileSync(damaged, 'no database at all, but long enough to be taken for one. '.repeat(50));
    chmodSync(damaged, 0o600);
    const poor = join(broken, 'ffmpeg');
    writeFileSync(poor, '#!/bin/sh\necho ffmpeg version 0.5\necho " V..... h264 H.264"\n');
    chmodSync(poor, 0o755);
    const config = configure('broken.yaml', {
      stateDirectory: broken,
      ledgerFile: damaged,
      tunnel: { listen: `127.0.0.1:${tunnelPort}` },
      // It is a library, but not the one that keeps the relay in.
      relay: { program: live555ProxyServer(), preload: process.execPath },
      archive: { program: poor },
      gateway: { tls: { listen: '127.0.0.1:0', ...filesOf(certificate) }, domain: 'cctv.test' },
      console: {
        web: {
          listen: `127.0.0.1:${tunnelPort}`,
          tls: filesOf(certificate),
          publicUrl: 'https://cctv.example.com',
        },
      },
      control: { socket: join(broken, 'none.sock') },
    });
    const findings = await examine(config, { CCTV_BUCKET_SECRET_ACCESS_KEY: 'wrong' });
    has(findings, 'daemon', 'problem', /^The daemon does not answer: .*no control socket/);
    has(findings, 'programs', 'problem', /^ffmpeg lacks libx264 \(encoder\), .*mjpeg \(decoder\)/);
    has(findings, 'programs', 'problem', /^The relay listens beyond loopback/);
    has(findings, 'network', 'problem', /^Another program listens at 127\.0\.0\.1 port \d+/);
    has(findings, 'network', 'warning', /^The certificate .* expires in 1 days$/);
    has(findings, 'network', 'problem', /is not for \*\.cctv\.test$/);
    has(findings, 'network', 'problem', /^Another program listens at .*, for browsers$/);
    has(findings, 'network', 'problem', /is not for cctv\.example\.com$/);
    has(findings, 'bucket', 'problem', /does not let us put objects: The secret access key/);
    has(findings, 'ledger', 'problem', /can't be read: file is not a database/);
    has(findings, 'secrets', 'problem', /^Every user of this machine may read .*host-ed25519/);
    has(findings, 'disk', 'warning', /^1 damaged files were set aside/);
    has(findings, 'disk', 'unseen', /^What waits in the spool/);
    has(findings, 'machine', 'unseen', /^The limits of the daemon/);
    const screen = doctorScreen(findings);
    assert.match(screen.join('\n'), /^Daemon\n {2}PROBLEM {3}The daemon does not answer/);
    assert.match(screen.join('\n'), /^ {12}→ See why with: journalctl/m);
    assert.match(screen.at(-1) ?? '', /^\d+ problems, \d+ warnings?, \d+ ok, \d+ not seen from/);
    assert.deepEqual(
      screen.filter((line) => line.length > 120 && !line.includes('/')),
      [],
    );
  });

  it('sees what it can where there is no bucket at that name, and no usable configuration', async () => {
    const endpoint = 'https://store.invalid';
    const far = await examine(configure('far.yaml', { bucket: { name: 'footage', endpoint } }));
    has(far, 'network', 'problem', /^The name store\.invalid of the bucket can't be resolved/);
    has(far, 'clock', 'unseen', /^The clock of store\.invalid/);
    has(far, 'bucket', 'problem', /does not let us put objects: The host name/);
    const none = await examine(configure('none.yaml', { bucket: {}, tunel: { listen: ':1' } }));
    has(none, 'configuration', 'problem', /^bucket\.name .*is missing/);
    has(none, 'configuration', 'problem', /^tunel .*did you mean tunnel/);
    has(none, 'bucket', 'unseen', /^Not looked at/);
    has(none, 'daemon', 'ok', /^The daemon answers/);
  });

  it('says that it can not read the bucket’s keys, and looks at all else', async () => {
    const config = configure('keyless.yaml');
    const blank = { CCTV_BUCKET_ACCESS_KEY_ID: '', CCTV_BUCKET_SECRET_ACCESS_KEY: '' };
    const findings = await examine(config, blank);
    has(findings, 'bucket', 'unseen', /its keys can't be read$/);
    has(findings, 'ledger', 'ok', /whole/);
    // As systemd is told to find them.
    const credentials = join(directory, 'credentials');
    mkdirSync(credentials, { mode: 0o700 });
    writeFileSync(join(credentials, 'bucket-access-key-id'), s3.accessKeyId, { mode: 0o600 });
    writeFileSync(join(credentials, 'bucket-secret-access-key'), s3.secretAccessKey, {
      mode: 0o600,
    });
    const again = await examine(config, blank);
    has(again, 'bucket', 'ok', /lets us put/);
    has(again, 'configuration', 'ok', /can be used$/);
    rmSync(credentials, { recursive: true });
  });

  it('support-bundle: has all that is asked for, and none of the secrets that were planted', async () => {
    const { ledger } = fixture;
    const key = parsePublicKey(publicKey(7));
    const stream = { rtspUser: 'admin', rtspPassword: planted.rtspPassword };
    ledger.cameras.add({ account: 'bach', camera: 'organ', key, ...stream });
    const next = { account: 'bach', camera: 'choir', key: parsePublicKey(publicKey(8)) };
    ledger.cameras.add({ ...next, rtspUser: 'admin', rtspPassword: planted.short });
    const token = ledger.tokens.add({
      account: 'bach',
      uses: 1,
      expiresMs: Date.now() + 60_000,
      rtspUser: 'admin',
      rtspPassword: planted.tokenPassword,
    });
    const credentials = fixture.options().credentialsOf(planted.viewerName, planted.viewerPassword);
    ledger.viewers.add({ account: 'bach', name: planted.viewerName, credentials });
    ledger.contacts.add({
      account: 'bach',
      name: planted.contactName,
      addresses: [
        { kind: 'sms', address: planted.phone },
        { kind: 'email', address: planted.contactMail },
        { kind: 'webhook', address: planted.webhook },
      ],
    });
    // What is secret may turn up in words that come from elsewhere.
    const [front = connected({ account: 'bach', camera: 'front-door' })] = fixture.fleet;
    const told = [
      `401 of rtsp://admin:${encodeURIComponent(planted.rtspPassword)}@10.0.0.9/unicast`,
      `answered "${planted.rtspPassword}", "${planted.short}" and ${planted.tokenPassword}`,
      `for ${planted.contactMail} and ${planted.phone} at ${planted.webhook}`,
      `as enrol.${token.token} by ${planted.viewerName}, password=${planted.viewerPassword}`,
      `Basic ${Buffer.from(planted.gatewayPassword).toString('base64')}`,
    ].join(' | ');
    fixture.fleet = [{ ...front, state: 'recovering', reason: told, client: told }];
    const failure = `${planted.smtp} ${planted.twilio} ${planted.heartbeat}`;
    fixture.uploads = { ...fixture.uploads, failing: { sinceMs: Date.now(), cause: failure } };

    const config = configure('planted.yaml', {
      bucket: {
        name: bucket.name,
        endpoint: s3.endpoint,
        region: s3.region,
        credentials: { accessKeyId: planted.bucketKey, secretAccessKey: planted.bucketSecret },
      },
      processors: [{ name: 'motion', command: ['sh', planted.processor] }],
      alerts: {
        sms: {
          gateway: {
            url: `http://127.0.0.1:1/?u={user}&p={password}&k=${planted.gatewayUrl}&to={to}&text={text}`,
            user: 'cctv',
            password: planted.gatewayPassword,
            accepted: '^0',
          },
          twilio: {
            accountSid: `AC${'0'.repeat(32)}`,
            authToken: planted.twilio,
            from: '+15005550006',
          },
        },
        smtp: {
          host: 'mail.example.com',
          user: 'cctv',
          password: planted.smtp,
          from: 'cctv@example.com',
        },
        operator: { email: [planted.operatorMail], webhook: [planted.operatorHook] },
        heartbeat: { url: planted.heartbeat },
      },
    });
    const misspelt = `${readFileSync(config, 'utf8')}pasword: ${planted.misspelt}\nlog: {level: ${planted.misspelt}}\n`;
    for (const [name, source] of [
      ['good', readFileSync(config, 'utf8')],
      ['misspelt', misspelt],
    ] as const) {
      writeFileSync(config, source);
      const out = join(directory, `${name}.tar.gz`);
      // The configuration names the socket, but a misspelt one too.
      const { code, stderr } = await run('cctv', ['--config', config, 'support-bundle', out]);
      assert.equal(code, 0, stderr);
      assert.equal(statSync(out).mode & 0o777, 0o600);
      const into = join(directory, name);
      mkdirSync(into);
      await execa('tar', ['xzf', out, '-C', into]);
      const root = join(into, 'sapiengraph-cctv-support');
      assert.deepEqual(readdirSync(root).sort(), [
        'README.txt',
        'cameras.json',
        'config.yaml',
        'doctor.json',
        'doctor.txt',
        'journal.txt',
        'ledger.json',
        'metrics.txt',
        'status.json',
        'versions.json',
      ]);
      const texts = readdirSync(root).map((file) => readFileSync(join(root, file), 'utf8'));
      const all = texts.join('\n');
      for (const [what, secret] of Object.entries(planted)) {
        for (const form of [
          secret,
          encodeURIComponent(secret),
          JSON.stringify(secret).slice(1, -1),
        ]) {
          const isOwnWord = secret.length < 6 ? new RegExp(`\\b${form}\\b`) : undefined;
          assert.ok(
            isOwnWord === undefined ? !all.includes(form) : !isOwnWord.test(all),
            `${what} is in the bundle ${name}: ${around(all, form)}`,
          );
        }
      }
      for (const hash of Object.values(credentials)) assert.ok(!all.includes(hash));
      assert.ok(!all.includes(token.token));
      assert.ok(!all.includes(Buffer.from(planted.gatewayPassword).toString('base64')));
      if (name === 'misspelt') continue;
      assert.match(all, /bach\/front-door|"camera": "front-door"/);
      const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
      const { rows } = read('ledger.json') as { rows: Record<string, number> };
      assert.deepEqual([rows['cameras'], rows['contacts'], rows['viewers']], [3, 1, 1]);
      assert.ok(Array.isArray(read('cameras.json')) && Array.isArray(read('doctor.json')));
      assert.match(readFileSync(join(root, 'config.yaml'), 'utf8'), /secretAccessKey: "?\*\*\*/);
      assert.match(readFileSync(join(root, 'metrics.txt'), 'utf8'), /^cctv_tunnels 1$/m);
      const again = await run('cctv', ['--config', config, 'support-bundle', out]);
      assert.match(again.stderr, /is there already\. Give another name\./);
    }
  });
});

const filesOf = ({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }) => ({
  certificateFile,
  keyFile,
});

const around = (text: string, part: string): string => {
  const at = text.indexOf(part);
  return text.slice(Math.max(0, at - 80), at + part.length + 20);
};
