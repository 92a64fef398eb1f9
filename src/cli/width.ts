import { stripVTControlCharacters } from 'node:util';

// Characters that most terminals show two columns wide: East Asian scripts and emoji.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const withoutWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (character: string): number =>
  withoutWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;

/** How many terminal columns a text takes. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += widthOf(character);
  return width;
}

/** The longest beginning of a text that takes at most `width` columns. */
export function beginning(text: string, width: number): string {
  let [taken, left] = ['', width];
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

/** Cuts a text to at most `width` columns, and marks the cut with `…`. */
export const cut = (text: string, width: number): string =>
  displayWidth(text) <= width ? text : `${beginning(text, Math.max(0, width - 1))}…`;

/** Pads a text with blanks to at least `width` columns. */
export function pad(text: string, width: number, align?: 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** The width of the terminal; undefined if the output goes to a file or a pipe. */
export const terminalWidth = (): number | undefined =>
  process.stdout.isTTY ? process.stdout.columns : undefined;
