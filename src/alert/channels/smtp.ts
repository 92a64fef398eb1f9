import { createTransport } from 'nodemailer';
import { describeError } from '../../lib/errors.ts';
import { blankUnprintable } from '../../lib/printable.ts';
import { within } from '../../lib/until.ts';
import { type Accepted, type Channel, type OutgoingMessage, SendError } from '../channel.ts';
import { quote } from './answers.ts';
import { type CarrierPatience, defaultPatience } from './http-request.ts';

export interface SmtpOptions {
  readonly host: string;
  readonly port: number;
  /** `tls` from the first byte, `starttls` before anything else, or `none`. */
  readonly security: 'tls' | 'starttls' | 'none';
  readonly user?: string;
  readonly password?: string;
  /** The sender: an address, and a name for it. */
  readonly from: { readonly address: string; readonly name?: string };
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

/** What nodemailer's errors contain. */
interface SmtpFailure {
  readonly command?: unknown;
  readonly responseCode?: unknown;
  readonly response?: unknown;
}

const ignore = (): void => {};
const silence = { trace: ignore, debug: ignore, warn: ignore, error: ignore, fatal: ignore };

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** E-mail by SMTP. */
export class SmtpChannel implements Channel {
  readonly name = 'smtp';
  readonly kind = 'email';
  /** False, because not every mailbox recognizes a mail by its Message-ID. */
  readonly resendIsHarmless = false;
  readonly #options: SmtpOptions;

  constructor(options: SmtpOptions) {
    this.#options = options;
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    const progress = { bodySent: false };
    const { totalMs } = this.#options.patience ?? defaultPatience;
    try {
      const { response } = await within(totalMs, 'the exchange', signal, (limit) =>
        this.#mail(message, limit, progress),
      );
      return { final: 'accepted', detail: quote(response, this.#secrets()) };
    } catch (error) {
      throw this.#explain(error, progress.bodySent);
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #mail(message: OutgoingMessage, signal: AbortSignal, progress: { bodySent: boolean }) {
    const { from } = this.#options;
    return this.#transport(progress).sendMail({
      signal,
      from: { name: from.name ?? '', address: from.address },
      to: { name: '', address: message.to },
      subject: blankUnprintable(message.subject).replace(/ {2,}/g, ' '),
      text: message.text,
      date: new Date(message.createdMs),
      messageId: `<${message.id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
      // Keeps automatic responders from answering (RFC 3834).
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    });
  }

  #transport(progress: { bodySent: boolean }) {
    const { host, port, security, user, password = '', ca } = this.#options;
    const { connectMs, totalMs } = this.#options.patience ?? defaultPatience;
    return createTransport({
      host,
      port,
      secure: security === 'tls',
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      tls: { minVersion: 'TLSv1.2', ca: ca === undefined ? undefined : [...ca] },
      // forceAuth: to a server that offers no login, we send nothing rather than without a login.
      ...(user === undefined ? {} : { auth: { user, pass: password }, forceAuth: true }),
      connectionTimeout: connectMs,
      dnsTimeout: connectMs,
      greetingTimeout: totalMs,
      socketTimeout: totalMs,
      socketCloseTimeout: 1_000,
      // Only nodemailer's log tells when the body with its final dot has gone out. Before that, no
      // server accepts the mail; after that, only the response says whether it did.
      logger: {
        ...silence,
        info: (entry: unknown) => {
          if (isRecord(entry) && entry['tnx'] === 'message') progress.bodySent = true;
        },
      },
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  #secrets(): string[] {
    const { user = '', password = '' } = this.#options;
    return [password, Buffer.from(`\0${user}\0${password}`).toString('base64')].filter(
      (secret) => secret !== '' && password !== '',
    );
  }

  #explain(error: unknown, bodySent: boolean): SendError {
    const { host, port } = this.#options;
    const { command, responseCode, response } = (
      error instanceof Error ? error : {}
    ) as SmtpFailure;
    const where = `${host}:${port}`;
    if (typeof responseCode !== 'number') {
      const words = quote(describeError(error), this.#secrets());
      return new SendError(`${where} did not take the mail: ${words}`, {
        kind: 'temporary',
        maybeSent: bodySent,
      });
    }
    // Only these responses concern the receiver and the message; a refused login or sender is up to
    // the operator. A 421 ends the session, whatever command it answers (RFC 5321 section 3.8).
    const ofMessage = command === 'RCPT TO' || command === 'DATA';
    const said = quote(
      typeof response === 'string' ? response : String(responseCode),
      this.#secrets(),
    );
    const step = typeof command === 'string' ? ` to ${command}` : '';
    return new SendError(`${where} answered${step}: ${said}`, {
      kind: ofMessage && responseCode >= 500 ? 'refused' : 'temporary',
    });
  }
}
