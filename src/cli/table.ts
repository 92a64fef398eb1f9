import { stripVTControlCharacters } from 'node:util';

export interface Column<T> {
  readonly head: string;
  readonly align?: 'right';
  readonly cell: (row: T) => string;
  /** Cells are at least this wide, for tables that are printed piece by piece. */
  readonly minWidth?: number;
}

const gap = '  ';

/** A table as lines: heads, and for each row its cells and the notes under it. */
export function table<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  notes: (row: T) => readonly string[] = () => [],
): string[] {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const widths = columns.map(({ head, minWidth = 0 }, index) =>
    Math.max(head.length, minWidth, ...cells.map((row) => (row[index] ?? '').length)),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, index) => pad(text, widths[index] ?? 0, columns[index]?.align))
      .join(gap)
      .trimEnd();
  return [
    line(columns.map(({ head }) => head)),
    ...rows.flatMap((row, index) => [
      line(cells[index] ?? []),
      ...notes(row).flatMap((note) => indent(wrap(note, noteWidth))),
    ]),
  ];
}

/** Breaks a text between words into lines of at most `width` characters; longer words stay whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

const noteWidth = 96;

const indent = (lines: readonly string[]): string[] =>
  lines.map((line, index) => `${gap}${index === 0 ? '└' : ' '} ${line}`);

const pad = (text: string, width: number, align: 'right' | undefined): string =>
  align === 'right' ? text.padStart(width) : text.padEnd(width);

const factWidth = 84;

/** Names and values beneath each other; a value may have several lines. */
export function facts(pairs: readonly (readonly [string, ...string[]])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.flatMap(([name, ...values]) =>
    values
      .flatMap((value) => wrap(value, factWidth))
      .map((value, index) => `${(index === 0 ? name : '').padEnd(width)}${gap}${value}`),
  );
}

/** Cuts lines to what fits, so that a screen that is drawn again and again stays in its place. */
export const fit = (lines: readonly string[], columns: number, rows: number): string[] => {
  const kept = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), '…'];
  return kept.map((line) => stripVTControlCharacters(line).slice(0, columns));
};
