import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { SmtpChannel, type SmtpOptions } from '../../../src/alert/channels/smtp.ts';
import { type SmtpServer, type SmtpServerOptions, startSmtpServer } from '../../stand-ins/smtp.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { aMessage, failureOf, patient, told } from './message.ts';

const to = 'owner@example.net';

const channelTo = ({ port }: { readonly port: number }, more: Partial<SmtpOptions> = {}) =>
  new SmtpChannel({
    host: '127.0.0.1',
    port,
    security: 'none',
    from: { address: 'cctv@example.com', name: 'Sapiengraph "CCTV"' },
    patience: { connectMs: 30_000, totalMs: 60_000 },
    ...more,
  });

describe('an e-mail', () => {
  let directory: string;
  before(async () => (directory = await mkdtemp(join(tmpdir(), 'cctv-smtp-'))));
  after(() => rm(directory, { recursive: true, force: true }));

  let servers = 0;
  const start = (more: Partial<SmtpServerOptions> = {}): Promise<SmtpServer> =>
    startSmtpServer({ directory: join(directory, `mail-${(servers += 1)}`), ...more });

  it('lies in the mailbox, with the same name at each attempt', async () => {
    await using server = await start();
    const message = aMessage({ to, text: 'Grüße: front-door\n.\nsince 10:42', createdMs: 1e12 });
    const channel = channelTo(server);
    const accepted = await channel.send(message, patient);
    assert.equal(accepted.final, 'accepted');
    assert.match(accepted.detail ?? '', /^250/);
    await channel.send(message, patient);
    const mails = await server.mails();
    assert.equal(mails.length, 2);
    for (const mail of mails) {
      assert.match(mail, /^From: "Sapiengraph \\"CCTV\\"" <cctv@example\.com>$/m);
      assert.match(mail, /^To: owner@example\.net$/m);
      assert.match(mail, /^Subject: shop: front-door has stopped recording$/m);
      assert.ok(mail.includes(`Message-ID: <${message.id}@example.com>\n`));
      assert.match(mail, /^Date: Sun, 09 Sep 2001 01:46:40 \+0000$/m);
      assert.match(mail, /^Auto-Submitted: auto-generated$/m);
      assert.match(mail, /\n\nGr=C3=BC=C3=9Fe: front-door\n\.\nsince 10:42\n/);
    }
  });

  it('has no header that a text could have put into it', async () => {
    await using server = await start();
    const subject = 'stopped\r\nBcc: all@example.net\u2028\u0000\r\n\r\nbody';
    await channelTo(server).send(aMessage({ to, subject }), patient);
    const [mail = ''] = await server.mails();
    const [head = ''] = mail.split('\n\n');
    assert.doesNotMatch(head, /^Bcc/im);
    assert.match(head, /^Subject: stopped Bcc: all@example\.net body$/m);
    assert.equal(mail.match(/^X-RcptTo: (.*)$/m)?.[1], to);
  });

  it('tells a mailbox that refuses from one that does for now', async () => {
    await using server = await start();
    const failure = async (local: string): Promise<string> => {
      const error = await failureOf(channelTo(server), aMessage({ to: `${local}@example.net` }));
      return `${told(error)}: ${error.message.replace(/^[\d.:]+ /, '')}`;
    };
    assert.equal(
      await failure('nobody'),
      'refused: answered to RCPT TO: 550 5.1.1 no such mailbox',
    );
    assert.equal(
      await failure('later'),
      'temporary: answered to RCPT TO: 451 4.3.0 come back later',
    );
    assert.match(await failure('spam'), /^refused: answered to DATA: 554 5\.7\.1/);
    assert.match(await failure('cut'), /^temporary: did not take the mail: /);
    assert.deepEqual(await server.mails(), []);
  });

  it('may have been sent when the answer to its end is lost', async () => {
    await using server = await start();
    const error = await failureOf(channelTo(server), aMessage({ to: 'silent@example.net' }));
    assert.equal(told(error), 'temporary, maybe sent');
    assert.equal((await server.mails()).length, 1);
  });

  it('was not sent when there is no server', async () => {
    const server = await start();
    await server.stop();
    const error = await failureOf(channelTo(server), aMessage({ to }));
    assert.equal(told(error), 'temporary');
    assert.match(error.message, /ECONNREFUSED/);
  });

  for (const security of ['starttls', 'tls'] as const) {
    it(`goes by ${security} to a server that proves itself, with the password`, async () => {
      await using certificate = await makeCertificate('127.0.0.1');
      await using server = await start({
        tls: security,
        user: 'cctv',
        password: 'mail-password',
        certificate: certificate.certificateFile,
        key: certificate.keyFile,
      });
      const ca = [await readFile(certificate.certificateFile, 'utf8')];
      const login = { security, user: 'cctv', password: 'mail-password' };
      await channelTo(server, { ...login, ca }).send(aMessage({ to }), patient);
      assert.equal((await server.mails()).length, 1);
      const stranger = await failureOf(channelTo(server, login), aMessage({ to }));
      assert.equal(told(stranger), 'temporary');
      assert.match(stranger.message, /self-signed certificate/);
      const wrong = { ...login, password: 'wrong-password', ca };
      const refused = await failureOf(channelTo(server, wrong), aMessage({ to }));
      assert.equal(told(refused), 'temporary');
      assert.match(refused.message, /AUTH PLAIN: 535/);
      assert.doesNotMatch(refused.message, /wrong-password/);
      assert.equal((await server.mails()).length, 1);
    });
  }

  it('does not go in the clear where TLS is wanted, nor without the login that is wanted', async () => {
    await using server = await start();
    const clear = await failureOf(channelTo(server, { security: 'starttls' }), aMessage({ to }));
    assert.equal(told(clear), 'temporary');
    const login = { user: 'cctv', password: 'mail-password' };
    const open = await failureOf(channelTo(server, login), aMessage({ to }));
    assert.equal(told(open), 'temporary');
    assert.deepEqual(await server.mails(), []);
  });
});
