import {
  type Accepted,
  type Channel,
  type DeliveryReport,
  type OutgoingMessage,
  SendError,
} from '../channel.ts';
import { smsSize, smsTextOf } from '../sms-text.ts';
import { answerError, kindOfStatus, quote } from './answers.ts';
import { type CarrierAnswer, type CarrierPatience, exchange } from './http-request.ts';
import { type Escaping, expandTemplate } from './url-template.ts';

export interface SmsHttpOptions {
  readonly name: string;
  /** A template without {@link urlTemplateProblems}. */
  readonly url: string;
  /** If given, requests are POST, else GET. */
  readonly body?: { readonly template: string; readonly type: 'form' | 'json' };
  /** Sent by HTTP Basic authentication, unless the templates contain the password. */
  readonly user?: string;
  readonly password?: string;
  /** Matches the gateway's response if it has accepted the message. */
  readonly accepted: RegExp;
  /** The URL for reports about the message with this id; absent if reports aren't received. */
  readonly reportUrl?: (messageId: string) => string;
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

const escapingOf = { form: 'url', json: 'json' } as const satisfies Record<string, Escaping>;
const contentType = {
  form: 'application/x-www-form-urlencoded',
  json: 'application/json',
} as const;

/** An SMS gateway with an HTTP interface, such as Kannel's smsbox. */
export class SmsHttpChannel implements Channel {
  readonly kind = 'sms';
  readonly resendIsHarmless = false;
  readonly name: string;
  readonly #options: SmsHttpOptions;

  constructor(options: SmsHttpOptions) {
    this.#options = options;
    this.name = options.name;
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    const { ca, patience, accepted } = this.#options;
    const { url, body, headers } = this.#filledIn(message);
    const answer = await exchange(
      {
        method: body === undefined ? 'GET' : 'POST',
        url,
        headers,
        body,
        ca,
        patience,
      },
      signal,
    );
    const { status, text } = answer;
    const said = quote(text, this.#secrets(message));
    if (status < 200 || status >= 300) {
      throw answerError(this.name, answer, kindOf(answer), this.#secrets(message));
    }
    if (!accepted.test(text)) {
      throw new SendError(
        `${this.name} answered ${status}, but not as it does when it has taken a message: ${said || 'nothing'}`,
        { kind: 'temporary' },
      );
    }
    return { final: 'accepted', detail: said };
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  #filledIn(message: OutgoingMessage) {
    const { url, body, user = '', password = '', reportUrl } = this.#options;
    const text = smsTextOf(message);
    const values = {
      to: message.to,
      digits: message.to.replace(/^\+/, ''),
      text,
      id: message.id,
      coding: smsSize(text).encoding === 'gsm7' ? '0' : '2',
      user,
      password,
      report: reportUrl?.(message.id) ?? '',
    };
    const inTemplate = /\{password\}/.test(`${url}${body?.template}`);
    const basic = Buffer.from(`${user}:${password}`).toString('base64');
    return {
      url: expandTemplate(url, 'url', values),
      body: body && expandTemplate(body.template, escapingOf[body.type], values),
      headers: {
        'Content-Type': body === undefined ? undefined : contentType[body.type],
        Authorization: user === '' || inTemplate ? undefined : `Basic ${basic}`,
      },
    };
  }

  #secrets(message: OutgoingMessage): string[] {
    const { password = '', reportUrl } = this.#options;
    return [password, reportUrl?.(message.id) ?? ''];
  }
}

/** Kannel's smsbox answers 403 both to a wrong password and to a number without a route. */
function kindOf({ status, text }: CarrierAnswer): SendError['kind'] {
  if (status === 403 && /not routable|do not try again/i.test(text)) return 'refused';
  return kindOfStatus(status);
}

// Kannel's values of %d in a dlr-url, and the words of SMPP 3.4 (appendix B) and of many gateways.
const states = new Map<string, DeliveryReport['state']>([
  ...['1', 'delivered', 'delivrd'].map((word) => [word, 'delivered'] as const),
  ...['4', '8', 'accepted', 'acceptd', 'sent', 'enroute'].map(
    (word) => [word, 'accepted'] as const,
  ),
  ...[
    '2',
    '16',
    'failed',
    'undelivered',
    'undeliv',
    'expired',
    'rejected',
    'rejectd',
    'deleted',
  ].map((word) => [word, 'failed'] as const),
]);

/** Reads a gateway's report: `state` and optionally `detail` and `id`, from the query or a form. */
export function readGatewayReport(
  fields: URLSearchParams,
): Omit<DeliveryReport, 'messageId'> | undefined {
  const state = states.get(fields.get('state')?.trim().toLowerCase() ?? '');
  if (state === undefined) return undefined;
  const detail = quote(fields.get('detail') ?? '');
  const carrierId = quote(fields.get('id') ?? '');
  return {
    state,
    ...(detail === '' ? {} : { detail }),
    ...(carrierId === '' ? {} : { carrierId }),
  };
}
