/**
 * Characters that do something to a terminal, a log or a mail instead of being shown: controls, formats (such
 * as the direction of text), separators of lines, those for private use, and halves of characters.
 */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cs}]/gu;

const escapeOf = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

/** Foreign text with escapes such as \u001b instead of what can't be shown. JSON stays the same value. */
export const escapeUnprintable = (text: string): string => text.replace(unprintable, escapeOf);

/** Foreign text with blanks instead of what can't be shown. */
export const blankUnprintable = (text: string): string => text.replace(unprintable, ' ');

/** At most `length` characters of a text; the last then says that it was cut. */
export const bounded = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`;
