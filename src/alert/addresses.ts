import { domainToASCII } from 'node:url';
import { OperatorError } from '../lib/errors.ts';
import { isLabel } from '../model/camera-name.ts';
import type { ChannelKind } from './channel.ts';

// ITU-T E.164: at most 15 digits; they begin with the country code, which never begins with 0.
const number = /^\+[1-9]\d{6,14}$/;
const atext = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const maxUrlLength = 2_000;

export const addressRules: Readonly<Record<ChannelKind, string>> = {
  sms: 'a phone number with its country code, such as +6591234567',
  email: 'an e-mail address, such as owner@example.com',
  webhook: `an http:// or https:// address of at most ${maxUrlLength} characters, without user, password or "#"`,
};

/** A number as people write it (`+65 9123-4567`) in E.164 (+6591234567); undefined if invalid. */
export function parsePhoneNumber(text: string): string | undefined {
  // Only the ASCII space: a character that merely looks like one is a mistake.
  const digits = text.replace(/(?<=[\d)]) ?-? ?(?=[\d(])|[()]/g, '');
  return number.test(digits) ? digits : undefined;
}

/**
 * The address of one mailbox (RFC 5321 section 4.1.2, without quoted local parts and address
 * literals), with its domain in ASCII and lower case. Undefined for anything else, such as a list,
 * a display name with the address, and text that could inject a header.
 */
export function parseEmailAddress(text: string): string | undefined {
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(at, 0));
  const given = text.slice(at + 1);
  // Checked first, because domainToASCII would drop or map some invalid characters.
  if (!/^[\p{L}\p{N}.-]+$/u.test(given)) return undefined;
  const domain = domainToASCII(given).toLowerCase();
  const labels = domain.split('.');
  const valid =
    local.length <= 64 &&
    atext.test(local) &&
    labels.length > 1 &&
    labels.every(isLabel) &&
    /[a-z]/.test(labels.at(-1) ?? '') &&
    local.length + 1 + domain.length <= 254;
  return valid ? `${local}@${domain}` : undefined;
}

/** A URL in its normal form, or undefined. */
export function parseWebhookUrl(text: string): string | undefined {
  // Checked first, because the URL parser would silently drop line breaks and tabs.
  if (text.length > maxUrlLength || !/^[\x21-\x7E]+$/.test(text) || /[\\#]/.test(text)) {
    return undefined;
  }
  const url = /^https?:\/\/[^/]/i.test(text) ? URL.parse(text) : null;
  if (url === null || url.hostname === '') return undefined;
  if (url.username !== '' || url.password !== '' || /^https?:\/\/@/i.test(text)) return undefined;
  return url.href.length > maxUrlLength ? undefined : url.href;
}

const parsers = { sms: parsePhoneNumber, email: parseEmailAddress, webhook: parseWebhookUrl };

/**
 * An address in its normal form, in which it is stored.
 *
 * @throws {OperatorError} if the text is not an address of this kind
 */
export function parseAddress(kind: ChannelKind, text: string): string {
  const address = parsers[kind](text);
  if (address !== undefined) return address;
  const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  throw new OperatorError(`${shown} can't be used: give ${addressRules[kind]}`);
}

/** An address for logs and lists: of a URL only the host, because its path is often a secret. */
export const shownAddress = (kind: ChannelKind, address: string): string =>
  kind === 'webhook' ? (URL.parse(address)?.host ?? 'webhook') : address;
