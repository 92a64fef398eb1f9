import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { systemClock } from '../../lib/clock.ts';
import { secretsOfUrl } from '../../lib/redactor.ts';
import type { Accepted, Channel, OutgoingMessage } from '../channel.ts';
import { answerError } from './answers.ts';
import { type CarrierPatience, exchange } from './http-request.ts';

export interface WebhookOptions {
  /** The secret of each address is derived from this key. */
  readonly key: Uint8Array;
  readonly ca?: readonly string[];
  readonly patience?: CarrierPatience;
}

/** The receiver's secret for checking signatures; one per URL, so that none can forge another's. */
export const webhookSecret = (key: Uint8Array, url: string): string =>
  `whsec_${Buffer.from(hkdfSync('sha256', key, '', `webhook ${url}`, 32)).toString('base64url')}`;

/** `t=SECONDS,v1=HEX`: HMAC-SHA256, keyed with the secret as text, of `SECONDS.BODY`. */
export function webhookSignature(secret: string, seconds: number, body: string): string {
  const digest = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}

/** How a receiver checks the signature's header; an example, and for tests. */
export function isWebhookSignature(secret: string, header: string, body: string): boolean {
  const seconds = Number(/^t=(\d{1,12}),/.exec(header)?.[1] ?? Number.NaN);
  const expected = Buffer.from(webhookSignature(secret, seconds, body));
  const given = Buffer.from(header);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

const isoTime = (ms: number): string => new Date(ms).toISOString();
const secondsOf = (ms: number): number => Math.round(ms / 1000);

/** The documented payload. The bytes are the same at each attempt. */
export function webhookBody({ id, text, event }: OutgoingMessage): string {
  return JSON.stringify({
    version: 1,
    id,
    kind: event.kind,
    account: event.account ?? null,
    at: isoTime(event.atMs),
    text,
    cameras: event.cameras.map(({ name, sinceMs, cause, detail, missedMs }) => ({
      name,
      since: isoTime(sinceMs),
      cause: cause ?? null,
      detail: detail ?? null,
      missedSeconds: missedMs === undefined ? null : secondsOf(missedMs),
    })),
  });
}

/** Signed JSON by HTTP. A receiver recognizes a repeated message by its id. */
export class WebhookChannel implements Channel {
  readonly name = 'webhook';
  readonly kind = 'webhook';
  readonly resendIsHarmless = true;
  readonly #options: WebhookOptions;

  constructor(options: WebhookOptions) {
    this.#options = options;
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted> {
    const { key, ca, patience } = this.#options;
    const body = webhookBody(message);
    const seconds = secondsOf(systemClock.wallNow());
    const answer = await exchange(
      {
        method: 'POST',
        url: message.to,
        headers: {
          'Content-Type': 'application/json',
          'Sapiengraph-Event-Id': message.id,
          'Sapiengraph-Signature': webhookSignature(webhookSecret(key, message.to), seconds, body),
        },
        body,
        ca,
        patience,
      },
      signal,
    );
    const { status } = answer;
    if (status >= 200 && status < 300) return { final: 'delivered', detail: `${status}` };
    const host = URL.parse(message.to)?.host ?? 'the receiver';
    // The path is often the secret by which the receiver knows us.
    throw answerError(host, answer, undefined, secretsOfUrl(message.to));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}
