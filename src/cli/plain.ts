import { stripVTControlCharacters } from 'node:util';

const maxLength = 300;

// Control characters, line separators, and characters that change the direction of text.
const steering = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Makes a line of text safe for the terminal: without control sequences. Every printed line needs this. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replaceAll(steering, ' ');

/** Makes JSON safe for the terminal by escaping control characters; its value stays the same. */
export const harmlessJson = (json: string): string =>
  json.replaceAll(steering, (one) =>
    one === '\n' ? one : `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/**
 * Makes text from the network safe for a terminal: removes control characters, which could for example
 * move the cursor, and characters that change the direction of text, and limits the length.
 */
export function plain(text: string): string {
  const clean = stripVTControlCharacters(text.slice(0, 4 * maxLength))
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]+/gu, ' ')
    .trim();
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}…` : clean;
}
