import { stripVTControlCharacters } from 'node:util';

const maxLength = 300;

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
