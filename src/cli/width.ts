import { stripVTControlCharacters } from 'node:util';

// What most terminals show two columns wide: the scripts of East Asia, and pictures.
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const withoutWidth = /[\p{Mn}\p{Me}\p{Cf}]/u;

const widthOf = (character: string): number =>
  withoutWidth.test(character) ? 0 : wide.test(character) ? 2 : 1;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  if (/^[ -~]*$/.test(text)) return text.length;
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += widthOf(character);
  return width;
}

/** The beginning of a text that takes at most so many columns. */
export function beginning(text: string, width: number): string {
  let [taken, left] = ['', width];
  for (const character of text) {
    left -= widthOf(character);
    if (left < 0) break;
    taken += character;
  }
  return taken;
}

/** A text that takes at most so many columns: where something was cut off there is a `…`. */
export const cut = (text: string, width: number): string =>
  displayWidth(text) <= width ? text : `${beginning(text, Math.max(0, width - 1))}…`;

/** With blanks, so that it takes at least so many columns. */
export function pad(text: string, width: number, align?: 'right'): string {
  const blanks = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? blanks + text : text + blanks;
}

/** How wide what is printed may be; undefined where it goes into a file or a pipe, which have no width. */
export const terminalWidth = (): number | undefined =>
  process.stdout.isTTY ? process.stdout.columns : undefined;
