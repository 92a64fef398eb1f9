import { stripVTControlCharacters } from 'node:util';

const maxLength = 300;

// What steers a terminal, and what turns the direction of what follows.
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text of one line, of which nothing steers the terminal: each line that is printed passes through here. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(steering, ' ');

/** JSON that does not steer a terminal either; it means the same. */
export const harmlessJson = (json: string): string =>
  json.replaceAll(steering, (one) =>
    one === '\n' ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * A text from the network, for a terminal: without control characters, which could move the cursor or
 * worse, without characters that change the direction of what follows, and not endless.
 */
export function plain(text: string): string {
  const clean = stripVTControlCharacters(text.slice(0, 4 * maxLength))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu, ' ')
    .trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
