import { blankUnprintable, bounded } from '../../lib/printable.ts';
import { Redactor } from '../../lib/redactor.ts';
import { SendError } from '../channel.ts';
import type { CarrierAnswer } from './http-request.ts';

const shownCharacters = 120;
const markup = /<[^<>]*>/g;
const blanks = /[\p{Z}\s]+/gu;

/** Foreign text as one short line, without any of `secrets` that it may echo. */
export function quote(text: string, secrets: readonly string[] = []): string {
  const line = new Redactor(secrets).clean(text.slice(0, 4_096).replace(markup, ' '));
  return bounded(blankUnprintable(line).replace(blanks, ' ').trim(), shownCharacters);
}

/** These pass, or the operator can fix the cause: try later. Other 4xx are about this message. */
const temporaryStatus = new Set([401, 402, 403, 404, 405, 407, 408, 409, 421, 425, 429]);

/** The kind of error for an HTTP status other than 2xx, unless the carrier says more. */
export const kindOfStatus = (status: number): SendError['kind'] =>
  status >= 400 && status < 500 && !temporaryStatus.has(status) ? 'refused' : 'temporary';

const longestWaitSeconds = 3_600;

/** Retry-After in seconds (RFC 9110 section 10.2.3) as milliseconds, at most an hour. */
export function retryAfter({ headers }: CarrierAnswer): { retryAfterMs?: number } {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  if (!(seconds >= 0)) return {};
  return { retryAfterMs: Math.min(seconds, longestWaitSeconds) * 1000 };
}

/** A response other than 2xx as an error. Redirects are not followed: nobody chose their target. */
export function answerError(
  who: string,
  answer: CarrierAnswer,
  kind: SendError['kind'] = kindOfStatus(answer.status),
  secrets: readonly string[] = [],
): SendError {
  const said = quote(answer.text, secrets);
  const redirect = answer.status >= 300 && answer.status < 400;
  const what = redirect
    ? `answered ${answer.status}, a redirect, which is not followed: give the address that it leads to`
    : `answered ${answer.status}${said === '' ? '' : `: ${said}`}`;
  return new SendError(`${who} ${what}`, { kind, ...retryAfter(answer) });
}
