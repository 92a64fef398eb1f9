import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/config/errors.ts';
import { present } from '../support/present.ts';
import { loadConfig } from '../../src/config/load.ts';

const directory = mkdtempSync(join(tmpdir(), 'cctv-config-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const env = { CCTV_BUCKET_ACCESS_KEY_ID: 'id', CCTV_BUCKET_SECRET_ACCESS_KEY: 'secret' };

const write = (name: string, text: string, mode = 0o600): string => {
  const file = join(directory, name);
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
  return file;
};

const load = (alerts: unknown, more: Readonly<Record<string, string>> = {}) =>
  present(
    loadConfig(write('config.yaml', stringify({ bucket: { name: 'a' }, alerts })), {
      ...env,
      ...more,
    }).alerts,
  );

function problemsOf(alerts: unknown): string {
  try {
    load(alerts);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems.map((problem) => problem.replace(/ \(line \d+\)/, '')).join('\n');
  }
  return assert.fail('was accepted');
}

const url = 'http://127.0.0.1:13013/cgi-bin/sendsms?password={password}&to={to}&text={text}';
const gateway = { url, password: 'gateway-password', accepted: '^[03]: ' };
const gatewayProblem = (more: object): string =>
  problemsOf({ sms: { gateway: { ...gateway, ...more } } });
const twilio = {
  accountSid: `AC${'0'.repeat(32)}`,
  authToken: 'twilio-token',
  from: '+15005550006',
};
const smtp = { host: 'mail.example.net', from: 'cctv@example.com' };

describe('the configuration of alerts', () => {
  it('may be absent, and then nobody is told; and has defaults', () => {
    assert.equal(load(undefined), undefined);
    assert.deepEqual(load({}), {
      notRecordingSeconds: 60,
      recordingAgainSeconds: 120,
      operator: { sms: [], email: [], webhook: [], timeZone: 'UTC' },
      limits: { messagesPerContactPerHour: 20, smsPerHour: 200 },
      keyFile: '/var/lib/sapiengraph-cctv/keys/alerts',
      carriers: { sms: {} },
    });
  });

  it('has carriers, with their secrets from files, the environment, or itself', () => {
    write('smtp-password', 'smtp-secret\n');
    const alerts = load(
      {
        sms: {
          gateway: { ...gateway, name: 'kannel' },
          twilio: { ...twilio, authToken: undefined },
          sns: { region: 'eu-west-1', senderId: 'CCTV', maxDollarsPerMessage: 0.2 },
        },
        smtp: {
          ...smtp,
          user: 'me',
          passwordFile: 'smtp-password',
          from: 'My CCTV <a@Bücher.example>',
        },
        reports: { listen: ':8087', url: 'https://cctv.example.com/alerts/' },
        operator: { sms: ['+65 9123 4567'], email: ['me@example.com'], webhook: ['http://a.b'] },
        heartbeat: { url: 'https://hc.example.com/uuid' },
        caFile: 'ca.pem',
      },
      {
        CCTV_TWILIO_AUTH_TOKEN: 'token-of-env',
        CCTV_SNS_ACCESS_KEY_ID: 'sns-id',
        CCTV_SNS_SECRET_ACCESS_KEY: 'sns-secret',
      },
    );
    assert.deepEqual(alerts?.carriers, {
      sms: {
        gateway: { name: 'kannel', url, password: 'gateway-password', accepted: /^[03]: / },
        twilio: {
          accountSid: twilio.accountSid,
          authToken: 'token-of-env',
          sender: { from: '+15005550006' },
        },
        sns: {
          region: 'eu-west-1',
          senderId: 'CCTV',
          maxPrice: 0.2,
          accessKeyId: 'sns-id',
          secretAccessKey: 'sns-secret',
        },
      },
      smtp: {
        host: 'mail.example.net',
        port: 587,
        security: 'starttls',
        user: 'me',
        password: 'smtp-secret',
        from: { name: 'My CCTV', address: 'a@xn--bcher-kva.example' },
      },
      caFile: join(directory, 'ca.pem'),
    });
    assert.deepEqual(alerts.reports, {
      listen: { host: '0.0.0.0', port: 8087 },
      url: 'https://cctv.example.com/alerts',
    });
    assert.deepEqual(alerts.operator.sms, ['+6591234567']);
    assert.deepEqual(alerts.operator.webhook, ['http://a.b/']);
    assert.deepEqual(alerts.heartbeat, { url: 'https://hc.example.com/uuid', everySeconds: 60 });
  });

  it('refuses the template of an address that would fail', () => {
    const cases: [string, RegExp][] = [
      ['http://a.b/?t={text}', /must say where the number and the text go/],
      ['http://a.b/?to={to}&text={txt}', /must have only \{to\} .*, and not \{txt\}/],
      ['http://a.b/?to={to}&text={text', /must have braces only around/],
      ['http://a.b/?to={to}&text={text}}', /must have braces only around/],
      ['http://a.b/?to={ to }&text={text}', /must be without spaces/],
      ['http://a.b/?to={to}&text={text}\r\nX: y', /must be without spaces, line breaks/],
      ['http://a.b/?to={to}&text={text}\n', /must be without spaces, line breaks/],
      ['http://a.b/?to={to} &text={text}', /must be without spaces/],
      [
        'http://{to}.b/?text={text}',
        /must have names in braces only after the host|must be an http/,
      ],
      ['{text}://a.b/?to={to}', /must be an http:\/\/ or https:\/\/ address/],
      ['ftp://a.b/?to={to}&text={text}', /must be an http:\/\/ or https:\/\/ address/],
      ['http:///?to={to}&text={text}', /must be an http:\/\/ or https:\/\/ address/],
      ['http://a.b:99999/?to={to}&text={text}', /must be an http:\/\/ or https:\/\/ address/],
      ['http://me:hunter2@a.b/?to={to}&text={text}', /must be without a user and password before/],
      ['http://a.b/?to={to}#text={text}', /must be without "#"/],
      ['http://a.b/?to={to}&text={text}&r={report}', /without \{report\}, unless alerts\.reports/],
      ['', /must be the address of a gateway/],
    ];
    for (const [template, expected] of cases) {
      const problem = gatewayProblem({ url: template });
      assert.match(problem, /^alerts\.sms\.gateway\.url /, template);
      assert.match(problem, expected);
      assert.doesNotMatch(problem, /hunter2/);
    }
  });

  it('refuses the template of a body that would fail', () => {
    const json = (template: string) => gatewayProblem({ url: 'http://a.b/', json: template });
    assert.match(
      json('{"to": "{to}", "text": {text}}'),
      /json must have its names in braces within/,
    );
    assert.match(json('{"to": "{to}", "text": "{text}"'), /json must be valid JSON/);
    assert.match(json('{"to": "{to}", "text": "{text}", "x": "{y}"}'), /and not \{y\}/);
    const form = (template: string) => gatewayProblem({ url: 'http://a.b/', form: template });
    assert.match(form('to={to}&text={text}\r\n'), /form must be without spaces and line breaks/);
    assert.match(form('to={to}&text={}'), /form must have braces only around/);
    assert.match(
      gatewayProblem({ json: '{"a": "{to}{text}"}', form: 'to={to}&text={text}' }),
      /gateway must have either form or json/,
    );
    const good = load({
      sms: { gateway: { ...gateway, url: 'http://a.b/', json: '{"to": ["{to}"], "t": "{text}"}' } },
    });
    assert.equal(good?.carriers.sms?.gateway?.body?.type, 'json');
  });

  it('refuses what could not be sent to or from, all of it at once', () => {
    const problems = problemsOf({
      notRecordingSeconds: 5,
      sms: {
        gateway: { ...gateway, name: 'twilio', accepted: '(' },
        twilio: { ...twilio, accountSid: 'AC1', messagingServiceSid: `MG${'0'.repeat(32)}` },
        sns: { region: 'a', senderId: '12345', maxDollarsPerMessage: 0 },
      },
      smtp: { host: 'mail example', port: 0, from: 'A <a@b.cd>\r\nBcc: c@d.ef' },
      reports: { listen: ':8087' },
      operator: {
        sms: ['91234567'],
        email: ['a@b.cd\nX: y'],
        webhook: ['file:///x'],
        timeZone: 'Mars',
      },
      heartbeat: { url: 'https://a.b/\r\nX: y' },
      caFiel: 'a',
    });
    for (const expected of [
      /^alerts\.notRecordingSeconds must be a whole number from 15/m,
      /^alerts\.sms\.gateway\.name must be another name than twilio/m,
      /^alerts\.sms\.gateway\.accepted must be a regular expression/m,
      /^alerts\.sms\.twilio\.accountSid must be the SID of an account/m,
      /^alerts\.sms\.sns\.senderId must be 1 to 11/m,
      /^alerts\.sms\.sns\.maxDollarsPerMessage must be more than 0/m,
      /^alerts\.smtp\.host must be the name or address of a mail server/m,
      /^alerts\.smtp\.port must be a whole number from 1/m,
      /^alerts\.smtp\.from must be an e-mail address, alone or as/m,
      /^alerts\.reports\.url is missing; it must be what carriers reach it by/m,
      /^alerts\.operator\.sms\[0\] must be a phone number with its country code/m,
      /^alerts\.operator\.email\[0\] must be an e-mail address/m,
      /^alerts\.operator\.webhook\[0\] must be an http/m,
      /^alerts\.operator\.timeZone must be a time zone, such as/m,
      /^alerts\.heartbeat\.url must be an http/m,
      /^alerts\.caFiel is no option; did you mean caFile\?/m,
    ]) {
      assert.match(problems, expected);
    }
  });

  it('refuses what does not go together', () => {
    const both = { ...twilio, messagingServiceSid: `MG${'0'.repeat(32)}` };
    assert.match(problemsOf({ sms: { twilio: both } }), /either from or messagingServiceSid/);
    assert.match(problemsOf({ sms: { twilio: { ...twilio, from: undefined } } }), /either from or/);
    assert.match(
      problemsOf({ smtp: { ...smtp, user: 'me', password: 'p', security: 'none' } }),
      /smtp\.security must be tls or starttls: the password/,
    );
    assert.match(problemsOf({ operator: { sms: ['+6591234567'] } }), /operator\.sms must be empty/);
    assert.match(problemsOf({ operator: { email: ['a@b.cd'] } }), /operator\.email must be empty/);
  });

  it('names each secret that is missing and tells none that is there', () => {
    const problems = problemsOf({
      sms: {
        gateway: { ...gateway, password: undefined },
        twilio: { ...twilio, authToken: undefined },
        sns: { region: 'a', credentials: { secretAccessKey: 'sns-hunter2' } },
      },
      smtp: { ...smtp, user: 'me' },
    });
    assert.deepEqual(problems.split('\n'), [
      'alerts.sms.gateway.password is missing; set CCTV_SMS_GATEWAY_PASSWORD, or give alerts.sms.gateway.passwordFile',
      'alerts.sms.twilio.authToken is missing; set CCTV_TWILIO_AUTH_TOKEN, or give alerts.sms.twilio.authTokenFile',
      'alerts.sms.sns.credentials.accessKeyId is missing; set CCTV_SNS_ACCESS_KEY_ID, or give alerts.sms.sns.credentials.accessKeyIdFile',
      'alerts.smtp.password is missing; set CCTV_SMTP_PASSWORD, or give alerts.smtp.passwordFile',
    ]);
    const wrong = problemsOf({
      sms: {
        gateway: { ...gateway, url: `${url}&pass=hunter2 `, password: ['hunter2'] },
        twilio: { ...twilio, authToken: { hunter2: 1 } },
      },
    });
    assert.doesNotMatch(wrong, /hunter2/);
    assert.equal(wrong.split('\n').length, 3);
  });

  it('that holds a secret itself and may be read by everybody gets a warning', () => {
    const file = write(
      'open.yaml',
      stringify({ bucket: { name: 'a' }, alerts: { sms: { gateway } } }),
      0o644,
    );
    assert.match(loadConfig(file, env).warnings.join('\n'), /^\S+open\.yaml holds a secret/);
  });
});
