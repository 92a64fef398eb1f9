import { stripVTControlCharacters } from 'node:util';
import { blankUnprintable, bounded, escapeUnprintable } from '../lib/printable.ts';

const maxLength = 300;

/** Makes a line of text safe for the terminal: without control sequences. Every printed line needs this. */
export const harmless = (text: string): string => blankUnprintable(stripVTControlCharacters(text));

/** Makes JSON safe for the terminal by escaping control characters; its value stays the same. */
export const harmlessJson = (json: string): string =>
  json.split('\n').map(escapeUnprintable).join('\n');

/**
 * Makes text from the network safe for a terminal: removes control characters, which could for example
 * move the cursor, and characters that change the direction of text, and limits the length.
 */
export function plain(text: string): string {
  const clean = blankUnprintable(stripVTControlCharacters(text.slice(0, 4 * maxLength)));
  return bounded(clean.trim(), maxLength);
}
