import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { present } from '../support/present.ts';
import { ConfigError } from '../../src/config/errors.ts';
import { readControlSocket } from '../../src/config/control-socket.ts';
import { loadConfig } from '../../src/config/load.ts';
import { missingPrograms } from '../../src/config/programs.ts';
import type { Environment } from '../../src/config/secrets.ts';
import { OperatorError } from '../../src/lib/errors.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const keys: Environment = {
  CCTV_BUCKET_ACCESS_KEY_ID: 'key-of-env',
  CCTV_BUCKET_SECRET_ACCESS_KEY: 'secret-of-env',
};

const write = (name: string, text: string, mode = 0o600): string => {
  const file = join(directory, name);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
};

let count = 0;
const load = (yaml: string, env: Environment = keys) =>
  present(loadConfig(write(`config-${++count}.yaml`, yaml), env));

function problemsOf(yaml: string, env: Environment = keys): readonly string[] {
  try {
    load(yaml, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    for (const problem of error.problems) assert.ok(error.message.includes(problem));
    return error.problems;
  }
  return assert.fail('was accepted');
}

describe('the configuration', () => {
  it('needs a bucket and its keys, and has defaults for all else', () => {
    const config = load('bucket: {name: footage}');
    assert.deepEqual(config.bucket, {
      name: 'footage',
      region: 'us-east-1',
      prefix: '',
      pathStyle: false,
      credentials: { accessKeyId: 'key-of-env', secretAccessKey: 'secret-of-env' },
      readBack: 0.01,
    });
    assert.equal(config.stateDirectory, '/var/lib/sapiengraph-cctv');
    assert.equal(config.spoolDirectory, '/var/lib/sapiengraph-cctv/spool');
    assert.equal(config.ledgerFile, '/var/lib/sapiengraph-cctv/ledger/ledger.sqlite');
    assert.equal(config.tunnel.hostKeyFile, '/var/lib/sapiengraph-cctv/keys/host-ed25519');
    assert.equal(config.tunnel.nextHostKeyFile, '/var/lib/sapiengraph-cctv/keys/host-ed25519.next');
    assert.deepEqual(config.tunnel.listen, { host: '0.0.0.0', port: 2222 });
    assert.deepEqual(config.spool, { whenFull: 'keep-newest' });
    assert.equal(config.archive.segmentSeconds, 60);
    assert.equal(config.archive.profile, 'downsample');
    assert.deepEqual(config.archive.downsample, {
      maxWidth: 640,
      framesPerSecond: 10,
      crf: 28,
      preset: 'superfast',
      audioKilobitsPerSecond: 32,
    });
    assert.deepEqual(config.control, { socket: '/run/sapiengraph-cctv/control.sock' });
    assert.deepEqual(config.log, { format: 'people', level: 'info' });
    assert.deepEqual(config.warnings, []);
  });

  it('is described by an example that is valid, with its comments taken away too', () => {
    const example = readFileSync(
      join(import.meta.dirname, '../../systemd/config.example.yaml'),
      'utf8',
    );
    assert.equal(load(example).bucket.name, 'example-footage');
    // Options are commented out as `# name: value`, no prose has a colon after its first word.
    const all = example
      .replaceAll(/^( *)# ((?:[a-zA-Z]+:(?: |$)|- |  ).*)$/gm, '$1$2')
      .replace(/^ {2}credentials:\n.*\n.*\n/m, '');
    const complete = load(all, {
      ...keys,
      CCTV_SMS_GATEWAY_PASSWORD: 'gateway-of-env',
      CCTV_TWILIO_AUTH_TOKEN: 'token-of-env',
      CCTV_SNS_ACCESS_KEY_ID: 'key-of-env',
      CCTV_SNS_SECRET_ACCESS_KEY: 'secret-of-env',
      CCTV_SMTP_PASSWORD: 'mail-of-env',
    });
    const defaults = load('bucket: {name: example-footage}');
    assert.deepEqual(complete.processors, [
      { name: 'motion', command: ['/usr/local/bin/motion-detector', '--sensitive'] },
    ]);
    assert.deepEqual(complete.archive, defaults.archive);
    assert.deepEqual(complete.tunnel, defaults.tunnel);
    assert.deepEqual(complete.log, defaults.log);
    assert.equal(complete.spoolDirectory, defaults.spoolDirectory);
    assert.equal(complete.ledgerFile, defaults.ledgerFile);
    assert.equal(complete.control.socket, defaults.control.socket);
    assert.deepEqual(complete.spool, {
      budgetBytes: 100e9,
      reserveBytes: 1e9,
      whenFull: 'keep-newest',
    });
    assert.equal(complete.bucket.endpoint, 'https://s3.example.net');
    assert.equal(load(example).alerts, undefined);
    const empty = load('bucket: {name: a}\nalerts: {}').alerts;
    assert.equal(complete.alerts?.notRecordingSeconds, empty?.notRecordingSeconds);
    assert.deepEqual(complete.alerts?.limits, empty?.limits);
    assert.equal(complete.alerts?.reports?.url, 'https://cctv.example.com/alerts');
    assert.equal(complete.alerts?.heartbeat?.everySeconds, 60);
    const { sms, smtp } = complete.alerts?.carriers ?? {};
    assert.equal(sms?.gateway?.password, 'gateway-of-env');
    assert.equal(sms?.twilio?.authToken, 'token-of-env');
    assert.equal(sms?.sns?.maxPrice, 0.5);
    assert.equal(smtp?.port, 587);
    assert.equal(load(example).metrics, undefined);
    assert.deepEqual(complete.metrics, { listen: { host: '127.0.0.1', port: 9464 } });
    assert.deepEqual(load('bucket: {name: a}\nmetrics: {}').metrics, complete.metrics);
    assert.equal(load(example).gateway, undefined);
    assert.deepEqual(load(example).console, {});
    assert.deepEqual(complete.console.web, {
      listen: { host: '127.0.0.1', port: 8080 },
      tls: {
        certificateFile: '/etc/sapiengraph-cctv/web.crt',
        keyFile: '/etc/sapiengraph-cctv/web.key',
      },
      publicUrl: 'https://cctv.example.com',
      trustedProxies: ['127.0.0.1'],
      proxy: false,
    });
    assert.deepEqual(complete.gateway, {
      listen: { host: '0.0.0.0', port: 554 },
      tls: {
        listen: { host: '0.0.0.0', port: 322 },
        certificateFile: '/etc/sapiengraph-cctv/gateway.crt',
        keyFile: '/etc/sapiengraph-cctv/gateway.key',
      },
      domain: 'cctv.example.com',
      basicWithoutTls: false,
      maxViewers: 500,
      maxViewersPerAccount: 50,
      maxViewersPerAddress: 50,
    });
  });

  it('has temporary keys with their token, from any place of secrets', () => {
    const { bucket } = load('bucket: {name: a}', {
      ...keys,
      CCTV_BUCKET_SESSION_TOKEN: 't'.repeat(9_000),
    });
    assert.equal(bucket.credentials?.sessionToken, 't'.repeat(9_000));
    const file = write('token', 'token-of-file');
    const given = load(`bucket: {name: a, credentials: {sessionTokenFile: ${file}}}`).bucket;
    assert.equal(given.credentials?.sessionToken, 'token-of-file');
    assert.match(
      problemsOf('bucket: {name: a}', { CCTV_BUCKET_SESSION_TOKEN: 'alone' }).join(),
      /accessKeyId is missing/,
    );
  });

  it('leaves the keys to the AWS SDK where none are named and this machine has some', () => {
    const identity = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/secrets/token' };
    assert.equal(load('bucket: {name: a}', identity).bucket.credentials, undefined);
    assert.equal(
      load('bucket: {name: a}', { ...keys, ...identity }).bucket.credentials?.accessKeyId,
      'key-of-env',
    );
    const half = { ...identity, CCTV_BUCKET_ACCESS_KEY_ID: 'half' };
    assert.match(problemsOf('bucket: {name: a}', half).join(), /secretAccessKey is missing/);
  });

  it('reads back as many segments as it is told', () => {
    assert.equal(load('bucket: {name: a, readBackPercent: 25}').bucket.readBack, 0.25);
    assert.match(problemsOf('bucket: {name: a, readBackPercent: 101}').join(), /from 0 to 100/);
  });

  it('serves browsers where it is told to, and warns when others can listen in', () => {
    const web = (yaml: string) => load(`bucket: {name: a}\nconsole: {web: ${yaml}}`);
    assert.deepEqual(web('{}').console.web, {
      listen: { host: '127.0.0.1', port: 8080 },
      trustedProxies: [],
      proxy: false,
    });
    assert.deepEqual(web('{}').warnings, []);
    const publicUrl = 'publicUrl: "https://cctv.example.com"';
    assert.match(web(`{${publicUrl}}`).warnings.join(), /all browsers count as one/);
    assert.deepEqual(web(`{${publicUrl}, trustedProxies: ["::1", "10.0.0.0/8"]}`).warnings, []);
    for (const wrong of ['a.example.com', '10.0.0.0/33', '10.0.0/8', '::/129', '1.2.3.4/8/8']) {
      assert.match(
        problemsOf(`bucket: {name: a}\nconsole: {web: {trustedProxies: ["${wrong}"]}}`).join(),
        /trustedProxies.* must be an address or a network, such as '127\.0\.0\.1'/,
        wrong,
      );
    }
    assert.match(web('{listen: ":8080"}').warnings.join(), /without TLS/);
    assert.match(
      problemsOf(
        'bucket: {name: a}\nconsole: {web: {publicUrl: "https://example.com/cctv"}}',
      ).join(),
      /console\.web\.publicUrl .* must be an address without a path/,
    );
  });

  it('takes a budget and a reserve in gigabytes, and refuses ones that make no sense', () => {
    const spool = (yaml: string) => load(`bucket: {name: a}\nspool: ${yaml}`).spool;
    assert.deepEqual(spool('{budgetGigabytes: 0.5, whenFull: keep-oldest}'), {
      budgetBytes: 500_000_000,
      whenFull: 'keep-oldest',
    });
    for (const wrong of ['0', '-1', '0.001', '.nan', '.inf', '2e6', 'much', '10 GB']) {
      for (const option of ['budgetGigabytes', 'reserveGigabytes']) {
        assert.match(
          problemsOf(`bucket: {name: a}\nspool: {${option}: ${wrong}}`).join('\n'),
          new RegExp(
            `^spool\\.${option} \\(line 2\\) must be a number of gigabytes from 0\\.01 to 1000000, not [^\\n]*$`,
          ),
        );
      }
    }
    assert.match(
      problemsOf('bucket: {name: a}\nspool: {whenFull: stop}').join('\n'),
      /^spool\.whenFull \(line 2\) must be keep-newest or keep-oldest, not "stop"$/,
    );
  });

  it('has a gateway that listens somewhere, or none', () => {
    const gateway = (yaml: string) => load(`bucket: {name: a}\ngateway: ${yaml}`).gateway;
    assert.equal(gateway(''), undefined);
    const plain = gateway("{listen: ':8554', domain: CCTV.Example.com.}");
    assert.deepEqual(plain?.listen, { host: '0.0.0.0', port: 8554 });
    assert.equal(plain.domain, 'cctv.example.com');
    const tls = gateway('{tls: {certificateFile: a.crt, keyFile: /a.key}}')?.tls;
    assert.equal(tls?.certificateFile, join(directory, 'a.crt'));
    assert.equal(tls.keyFile, '/a.key');
    const wrong = (yaml: string) => problemsOf(`bucket: {name: a}\ngateway: ${yaml}`).join('\n');
    assert.match(
      wrong('{domain: a.b}'),
      /^gateway \(line 2\) must say where viewers connect: give/,
    );
    assert.match(wrong('{tls: {keyFile: a}}'), /gateway\.tls\.certificateFile .*is missing/);
    assert.match(
      wrong("{listen: ':1', domain: 'a b'}"),
      /gateway\.domain .* must be a domain, such/,
    );
    assert.match(wrong("{listen: ':1', maxViewer: 3}"), /did you mean maxViewers\?/);
  });

  it('reports every problem at once, each with its path, its line and what to do', () => {
    const problems = problemsOf(
      [
        'bukket: {name: footage}', // 1
        'tunnel:',
        '  listen: 22222',
        '  algorithms: strong',
        'archive:', // 5
        '  segmentSeconds: 7',
        '  downsample:',
        '    crf: high',
        '    maxWidht: 800',
        'processors:', // 10
        '  - {name: Motion, command: []}',
        'colour: blue',
      ].join('\n'),
      {},
    );
    const expected = [
      /^bukket \(line 1\) is no option; did you mean bucket\?$/,
      /^colour \(line 12\) is no option; remove it\. Options here: stateDirectory, .*log$/,
      /^bucket is missing; it must be a section/,
      /^tunnel\.listen \(line 3\) must be an address and a port, .*, not 22222$/,
      /^tunnel\.algorithms \(line 4\) must be default or legacy, not "strong"$/,
      /^archive\.segmentSeconds \(line 6\) must divide a day .*, not 7$/,
      /^archive\.downsample\.crf \(line 8\) must be a whole number from 0 to 51, not "high"$/,
      /^archive\.downsample\.maxWidht \(line 9\) is no option; did you mean maxWidth\?$/,
      /^processors\[0\]\.name \(line 11\) must be 1 to 63 of a-z, .*, not "Motion"$/,
      /^processors\[0\]\.command \(line 11\) must be a list: .*, not \[\]$/,
      /^bucket\.credentials\.accessKeyId is missing; set CCTV_BUCKET_ACCESS_KEY_ID, or /,
      /^bucket\.credentials\.secretAccessKey is missing; set CCTV_BUCKET_SECRET_ACCESS_KEY, or /,
    ];
    for (const pattern of expected) {
      assert.equal(
        problems.filter((problem) => pattern.test(problem)).length,
        1,
        `${pattern} once in:\n${problems.join('\n')}`,
      );
    }
    assert.equal(problems.length, expected.length, problems.join('\n'));
  });

  it('says where YAML itself is broken, and refuses an option given twice', () => {
    const mistakes: readonly (readonly [yaml: string, problem: RegExp])[] = [
      ['bucket:\n  name: "footage\nlog: {}\n', /^line 2: the quotation mark " is never closed$/],
      ['bucket: {name: a}\nbucket: {name: b}\n', /^line 2: bucket stands twice, first in line 1/],
      ['bucket:\n  name: a\n  name: b\n', /^line 3: bucket.name stands twice, first in line 2/],
      ['bucket:\n\tname: a\n', /^line 2: it is indented with a tab/],
      ['bucket:\n  name: a\n endpoint: b\n', /^line 3: it is indented otherwise/],
      ['bucket:\n  name: a\n    region: b\n', /^line 3: it is indented deeper than line 2/],
      ['bucket:\n  name a\n  region: b\n', /^line 2: it has no colon/],
      ['bucket:\n  name: a: b\n', /^line 2: its value has a colon and a blank/],
      ['bucket: {name: a\ntunnel:\n', /^line 1: the { is never closed with }$/],
      ['bucket: {name: a}\nprocessors: [a\nlog:\n', /^line 2: the \[ is never closed with \]$/],
      ['bucket:\n  name: @a\n', /^line 2: a value can't begin with @/],
      ['gateway:\n  domain: *.example.com\n', /^line 2: a value that begins with \*/],
      ['bucket:\n  name: a\n---\nlog: {}\n', /^line 3: --- begins a second file/],
    ];
    for (const [yaml, problem] of mistakes) {
      const problems = problemsOf(yaml);
      assert.match(problems[0] ?? '', problem);
      assert.equal(problems.length, 1, problems.join('\n'));
    }
    assert.match(problemsOf('just words')[0] ?? '', /^the file must be a section/);
    assert.match(problemsOf('')[0] ?? '', /^bucket is missing/);
  });

  it('takes an empty section as its defaults', () => {
    const config = load('bucket:\n  name: footage\n  credentials:\ntunnel:\nlog:\n');
    assert.equal(config.tunnel.loginGraceSeconds, 20);
  });

  it('resolves paths against its own directory, and leaves bare program names to PATH', async () => {
    const config = load(
      'bucket: {name: a}\nstateDirectory: state\nrelay: {program: ./relay}\narchive: {program: ffmpeg}\ncontrol: {socket: run/c.sock}\nprocessors: [{name: a, command: [bin/x, bin/y]}]',
    );
    assert.equal(config.spoolDirectory, join(directory, 'state/spool'));
    assert.equal(config.relay.program, join(directory, 'relay'));
    assert.equal(config.archive.program, 'ffmpeg');
    assert.equal(config.control.socket, join(directory, 'run/c.sock'));
    assert.deepEqual(config.processors[0]?.command, [join(directory, 'bin/x'), 'bin/y']);
    assert.equal(await readControlSocket(config.file), config.control.socket);
  });

  it('reads addresses to listen on in three forms', () => {
    const listen = (value: string) =>
      load(`bucket: {name: a}\ntunnel: {listen: '${value}'}`).tunnel.listen;
    assert.deepEqual(listen(':22'), { host: '0.0.0.0', port: 22 });
    assert.deepEqual(listen('[::]:2222'), { host: '::', port: 2222 });
    assert.deepEqual(listen('10.0.0.1:0'), { host: '10.0.0.1', port: 0 });
    for (const wrong of ['2222', '::1:22', '0.0.0.0:65536', 'a b:1', ':-1']) {
      assert.throws(() => listen(wrong), ConfigError, wrong);
    }
  });

  it('puts the bucket into the path of addresses when it has an endpoint', () => {
    const bucket = load(
      'bucket: {name: a, endpoint: "http://127.0.0.1:9000", prefix: shop/3}',
    ).bucket;
    assert.equal(bucket.pathStyle, true);
    assert.equal(bucket.prefix, 'shop/3/');
    assert.match(
      problemsOf('bucket: {name: a, endpoint: s3.example.net, prefix: ../x}').join('\n'),
      /bucket\.endpoint .*http:\/\/ or https:[\s\S]*bucket\.prefix/,
    );
  });

  it('says that there is no such file', () => {
    assert.throws(
      () => loadConfig(join(directory, 'absent.yaml'), keys),
      (error) => error instanceof OperatorError && /There is no file .*absent/.test(error.message),
    );
  });

  it('names listeners on one address, and one file for two things', () => {
    assert.deepEqual(
      problemsOf(
        "bucket: {name: a}\ntunnel:\n  listen: ':2222'\ngateway:\n  listen: 127.0.0.1:2222\n  tls: {listen: '[::]:8080', certificateFile: a, keyFile: b}\nconsole:\n  web: {}\nmetrics: {listen: '127.0.0.2:0'}\ncontrol: {socket: x}\nledgerFile: x\n",
      ),
      [
        'gateway.listen (line 5) is an address on which tunnel.listen listens already: give one of them another port',
        'console.web.listen (line 8) is an address on which gateway.tls.listen listens already: give one of them another port',
        'control.socket (line 10) is the file of ledgerFile, too: give one of them another',
      ],
    );
    load(
      "bucket: {name: a}\ntunnel: {listen: '127.0.0.1:2222'}\ngateway: {listen: '127.0.0.2:2222'}",
    );
  });

  it('names each program that this machine lacks', () => {
    const config = load(
      'bucket: {name: a}\nrelay: {program: /none/relay, preload: /none/l.so}\narchive: {program: /none/ffmpeg}\nprocessors: [{name: a, command: [no-such-program]}, {name: b, command: [sh]}]\ngateway: {tls: {certificateFile: /none/a, keyFile: /etc/passwd}}\nconsole: {web: {tls: {certificateFile: /etc/passwd, keyFile: /none/b}}}\nalerts: {caFile: /none/ca}',
    );
    assert.deepEqual(
      missingPrograms(config, process.env).map((problem) => problem.split(':')[0]),
      [
        'relay.program',
        'relay.preload',
        'archive.program',
        'gateway.tls.certificateFile',
        'console.web.tls.keyFile',
        'alerts.caFile',
        'processors[0].command (a)',
      ],
    );
    assert.deepEqual(
      missingPrograms(config, { PATH: directory })
        .map((problem) => problem.split(' ')[0])
        .slice(0, 4),
      ['flock', 'setpriv', 'prlimit', 'sync'],
    );
  });
});

describe('secrets', () => {
  const withFiles =
    'bucket: {name: a, credentials: {accessKeyIdFile: id, secretAccessKeyFile: se}}';

  it('are read from files that the configuration names', () => {
    write('id', 'key-of-file\n');
    write('se', 'secret-of-file\n');
    assert.deepEqual(load(withFiles, {}).bucket.credentials, {
      accessKeyId: 'key-of-file',
      secretAccessKey: 'secret-of-file',
    });
  });

  it('are read from systemd credentials', () => {
    const credentials = join(directory, 'credentials');
    mkdirSync(credentials);
    write('credentials/bucket-access-key-id', 'a\n');
    write('credentials/bucket-secret-access-key', 'b\n');
    assert.deepEqual(
      load('bucket: {name: a}', { CREDENTIALS_DIRECTORY: credentials }).bucket.credentials,
      { accessKeyId: 'a', secretAccessKey: 'b' },
    );
  });

  it('are refused when given twice, with both places named and neither value', () => {
    write('id', 'key-of-file');
    write('se', 'secret-of-file');
    const problems = problemsOf(withFiles, keys);
    assert.equal(problems.length, 2);
    assert.match(
      problems[1] ?? '',
      /^bucket\.credentials\.secretAccessKey is given more than once: by the environment \(CCTV_BUCKET_SECRET_ACCESS_KEY\) and bucket\.credentials\.secretAccessKeyFile \(.*\/se\)\. Keep one/,
    );
    assert.doesNotMatch(problems.join(), /secret-of|key-of/);
  });

  it('in a file that everybody may read get a warning', () => {
    write('id', 'key-of-file');
    write('se', 'secret-of-file', 0o644);
    const { warnings } = load(withFiles, {});
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? '', /\/se holds a secret .*mode 644.* chmod o-rwx .*\/se$/);
    const inline = write(
      'inline.yaml',
      'bucket: {name: a, credentials: {accessKeyId: x, secretAccessKey: y}}',
      0o644,
    );
    assert.match(loadConfig(inline, {}).warnings[0] ?? '', /inline\.yaml holds a secret/);
  });

  it('never appear in a problem, even where they stand in the wrong place', () => {
    const problems = problemsOf('bucket: {name: a, credentials: {secretAccessKey: [hunter2]}}');
    assert.doesNotMatch(problems.join(), /hunter2/);
  });

  it('that are empty, absent or more than a key are problems', () => {
    write('id', ' \n');
    write('se', 'two words');
    assert.match(
      problemsOf(withFiles, {}).join('\n'),
      /\/id\) can't be read: it is empty[\s\S]*key alone/,
    );
    rmSync(join(directory, 'id'));
    assert.match(problemsOf(withFiles, {}).join('\n'), /accessKeyIdFile .*ENOENT/);
  });
});
