import { fitColumns, type Giving } from './fit-columns.ts';
import { beginning, cut, displayWidth, pad, terminalWidth } from './width.ts';

export interface Column<T> extends Giving {
  readonly head: string;
  readonly align?: 'right';
  readonly cell: (row: T) => string;
  /** Minimum width of cells, for tables that are printed page by page. */
  readonly minWidth?: number;
}

const gap = '  ';
const noteWidth = 96;
const factWidth = 84;

/**
 * The lines of a table: the heads, then each row with its notes below.
 *
 * @param room maximum width of lines; undefined: unlimited
 */
export function table<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  notes: (row: T) => readonly string[] = () => [],
  room = terminalWidth(),
): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const natural = columns.map(({ head, minWidth = 0 }, index) =>
    Math.max(displayWidth(head), minWidth, ...cells.map((row) => displayWidth(row[index] ?? ''))),
  );
  const widths = fitColumns(columns, natural, gap.length, room);
  const lines = (texts: readonly string[]): string[] => linesOf(columns, widths, texts);
  const widest = Math.min(noteWidth, (room ?? Infinity) - 4);
  return [
    ...lines(columns.map(({ head }) => head)),
    ...rows.flatMap((row, index) => [
      ...lines(cells[index] ?? []),
      ...notes(row).flatMap((note) => indent(wrap(note, widest))),
    ]),
  ];
}

/** The lines of one row: more than one if its last cell wraps. */
function linesOf(
  columns: readonly (Giving & { readonly align?: 'right' })[],
  widths: readonly (number | undefined)[],
  texts: readonly string[],
): string[] {
  const parts = texts.map((text, index) => {
    const width = widths[index] ?? 0;
    if (displayWidth(text) <= width) return [text];
    return columns[index]?.wraps ? wrap(text, width, 'break long words') : [cut(text, width)];
  });
  const height = Math.max(...parts.map(({ length }) => length));
  return Array.from({ length: height }, (_, at) =>
    parts
      .flatMap((part, index) => {
        const width = widths[index];
        const cell = part[at] ?? '';
        return width === undefined ? [] : [pad(cell, width, columns[index]?.align)];
      })
      .join(gap)
      .trimEnd(),
  );
}

/** Breaks a text into lines of at most `width` columns; words that are longer stay whole unless `long` is given. */
export function wrap(text: string, width: number, long?: 'break long words'): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + displayWidth(word) < width) {
      lines[lines.length - 1] = `${last} ${word}`;
      continue;
    }
    let rest = word;
    while (long !== undefined && displayWidth(rest) > width) {
      const piece = beginning(rest, width);
      if (piece === '') break;
      lines.push(piece);
      rest = rest.slice(piece.length);
    }
    lines.push(rest);
  }
  return lines;
}

const indent = (lines: readonly string[]): string[] =>
  lines.map((line, index) => `${gap}${index === 0 ? '└' : ' '} ${line}`);

/** Two columns of names and values; a name may have several values, each on its own line. */
export function facts(
  pairs: readonly (readonly [string, ...string[]])[],
  room = terminalWidth(),
): string[] {
  const width = Math.max(...pairs.map(([name]) => displayWidth(name)));
  const widest = Math.min(factWidth, (room ?? Infinity) - width - gap.length);
  return pairs.flatMap(([name, ...values]) =>
    values
      .flatMap((value) => wrap(value, widest))
      .map((value, index) => `${pad(index === 0 ? name : '', width)}${gap}${value}`),
  );
}

/** Cuts lines to the size of the screen, so that a screen that is redrawn doesn't scroll. */
export const fit = (lines: readonly string[], columns: number, rows: number): string[] => {
  const kept = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), '…'];
  return kept.map((line) => cut(line, columns));
};
