import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type Accepted,
  type Channel,
  type DeliveryReport,
  type OutgoingMessage,
  SendError,
} from '../channel.ts';
import { smsTextOf } from '../sms-text.ts';
import { kindOfStatus, quote, retryAfter } from './answers.ts';
import { type CarrierAnswer, type CarrierPatience, exchange } from './http-request.ts';

export interface TwilioOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** `from` is a number (E.164), a sender's name or a short code. */
  readonly sender: { readonly from: string } | { readonly messagingServiceSid: string };
  /** `https://api.twilio.com` unless given. */
  readonly endpoint?: string;
  readonly reportUrl?: (messageId: string) => string;
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

interface TwilioMessage {
  readonly sid: string;
  readonly status: string;
  readonly to?: string;
  readonly body?: string;
  readonly date_created?: string;
  readonly error_code?: number | null;
  readonly error_message?: string | null;
}

/** Twilio's permanent errors that concern the message or its number. */
const refusing = new Set([21211, 21214, 21217, 21602, 21604, 21605, 21610, 21612, 21614, 21617]);

const listed = 50;
// Twilio's times are whole seconds, and its clock differs from ours.
const clockToleranceMs = 60_000;

/** SMS by Twilio's REST API (version 2010-04-01). */
export class TwilioChannel implements Channel {
  readonly name = 'twilio';
  readonly kind = 'sms';
  readonly resendIsHarmless = false;
  readonly #options: TwilioOptions;
  readonly #messages: string;

  constructor(options: TwilioOptions) {
    this.#options = options;
    const { endpoint = 'https://api.twilio.com', accountSid } = options;
    this.#messages = `${endpoint.replace(/\/$/, '')}/2010-04-01/Accounts/${accountSid}/Messages.json`;
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    const { sender, reportUrl } = this.#options;
    const form = new URLSearchParams({
      To: message.to,
      Body: smsTextOf(message),
      // Otherwise Twilio would change the text, and `find` could not recognize it.
      SmartEncoded: 'false',
      ...('from' in sender
        ? { From: sender.from }
        : { MessagingServiceSid: sender.messagingServiceSid }),
      ...(reportUrl === undefined ? {} : { StatusCallback: reportUrl(message.id) }),
    });
    const answer = await this.#ask('POST', this.#messages, signal, form.toString());
    const created = readMessage(parse(answer));
    if (created === undefined) throw nonsense(answer);
    return accepted(created);
  }

  /**
   * Recognizes a message by number, text and time, because Twilio doesn't store our id.
   *
   * @throws {SendError} of kind `refused` if Twilio accepted the message but could not deliver it
   */
  async find(
    message: OutgoingMessage,
    signal: AbortSignal,
  ): Promise<Accepted | 'not sent' | 'unknown'> {
    const query = new URLSearchParams({ To: message.to, PageSize: String(listed) });
    const answer = await this.#ask('GET', `${this.#messages}?${query.toString()}`, signal);
    const parsed = parse(answer);
    const page: unknown = isRecord(parsed) ? parsed['messages'] : undefined;
    if (!Array.isArray(page)) throw nonsense(answer);
    const messages = page.map(readMessage);
    if (messages.includes(undefined)) return 'unknown';
    const since = message.createdMs - clockToleranceMs;
    const createdMs = (one?: TwilioMessage): number => Date.parse(one?.date_created ?? '');
    const text = smsTextOf(message);
    // For trial accounts, Twilio puts its own words before the text.
    const found = messages.find(
      (one) => createdMs(one) >= since && one?.to === message.to && one.body?.endsWith(text),
    );
    if (found !== undefined) return accepted(found);
    // The newest come first: if a full page holds only newer messages, ours may be on the next.
    const whole = messages.length < listed || messages.some((one) => createdMs(one) < since);
    return whole ? 'not sent' : 'unknown';
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  async #ask(
    method: 'GET' | 'POST',
    url: string,
    signal: AbortSignal,
    body?: string,
  ): Promise<CarrierAnswer> {
    const { accountSid, authToken, ca, patience } = this.#options;
    const basic = Buffer.from(`${accountSid}:${authToken}`).toString('base64');
    const answer = await exchange(
      {
        method,
        url,
        headers: {
          Authorization: `Basic ${basic}`,
          Accept: 'application/json',
          'Content-Type': body === undefined ? undefined : 'application/x-www-form-urlencoded',
        },
        body,
        ca,
        patience,
      },
      signal,
    );
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer);
  }
}

function refusal(answer: CarrierAnswer): SendError {
  const error = parse(answer);
  const code = isRecord(error) && typeof error['code'] === 'number' ? error['code'] : undefined;
  const words = isRecord(error) && typeof error['message'] === 'string' ? error['message'] : '';
  if (code === undefined) {
    return new SendError(`twilio answered ${answer.status}: ${quote(answer.text)}`, {
      kind: answer.status === 400 ? 'temporary' : kindOfStatus(answer.status),
      ...retryAfter(answer),
    });
  }
  return new SendError(`twilio answered ${answer.status}, error ${code}: ${quote(words)}`, {
    // Other errors are up to the operator: the sender, the account, its credit, its countries.
    kind: refusing.has(code) ? 'refused' : 'temporary',
    ...retryAfter(answer),
  });
}

const nonsense = (answer: CarrierAnswer): SendError =>
  new SendError(`twilio answered ${answer.status}, but with no message: ${quote(answer.text)}`, {
    kind: 'temporary',
    // A proxy may have spoilt Twilio's response.
    maybeSent: true,
  });

function accepted(message: TwilioMessage): Accepted {
  const { sid, status, error_code: code, error_message: words } = message;
  const state = stateOf(status);
  if (state === 'failed') {
    throw new SendError(
      `twilio could not deliver it: ${status}${code == null ? '' : `, error ${code}`}${words == null ? '' : `: ${quote(words)}`}`,
      { kind: 'refused' },
    );
  }
  return { carrierId: sid, final: state, detail: status };
}

function stateOf(status: string): DeliveryReport['state'] {
  if (status === 'delivered' || status === 'read') return 'delivered';
  return ['failed', 'undelivered', 'canceled'].includes(status) ? 'failed' : 'accepted';
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

function parse({ text }: CarrierAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const sid = /^(?:SM|MM)[0-9a-f]{32}$/i;

const readMessage = (value: unknown): TwilioMessage | undefined =>
  isRecord(value) &&
  typeof value['sid'] === 'string' &&
  sid.test(value['sid']) &&
  typeof value['status'] === 'string'
    ? (value as unknown as TwilioMessage)
    : undefined;

/**
 * Twilio's signature of its posts: of the URL, followed by each field's name and value, sorted by
 * name.
 */
export const twilioSignature = (authToken: string, url: string, form: URLSearchParams): string =>
  createHmac('sha1', authToken)
    .update(
      url +
        [...form]
          .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
          .map(([name, value]) => name + value)
          .join(''),
    )
    .digest('base64');

/** Whether a post to `url` is from Twilio. */
export function isFromTwilio(
  authToken: string,
  url: string,
  form: URLSearchParams,
  signature: string,
): boolean {
  const expected = Buffer.from(twilioSignature(authToken, url, form));
  const given = Buffer.from(signature);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Twilio's report of a message's state; undefined if the form is not such a report. */
export function readTwilioReport(
  form: URLSearchParams,
): Omit<DeliveryReport, 'messageId'> | undefined {
  const status = form.get('MessageStatus');
  const carrierId = form.get('MessageSid') ?? '';
  if (status === null || !sid.test(carrierId)) return undefined;
  const code = form.get('ErrorCode');
  return {
    state: stateOf(status),
    carrierId,
    detail: quote(code === null ? status : `${status}, error ${code}`),
  };
}
