/** How a column shrinks when the terminal is too narrow for the table. */
export interface Giving {
  /** The column is never left out: for names and the subject of a row. */
  readonly stays?: true;
  /** Cells wrap onto further lines; only for the last column. */
  readonly wraps?: true;
  /** Cells may be cut, down to this width. */
  readonly cutTo?: number;
}

const comfortable = 24;
const least = 8;

/**
 * Fits columns into the terminal: narrows wrapping columns first, then cuts cells, then leaves columns
 * out. Each step begins at the right, with the least important column.
 *
 * @param natural the width of each column's widest cell
 * @param gap the space between two columns
 * @param room the width of the terminal; undefined: unlimited
 * @returns the width of each column; undefined for a column that is left out
 */
export function fitColumns(
  columns: readonly Giving[],
  natural: readonly number[],
  gap: number,
  room: number | undefined,
): readonly (number | undefined)[] {
  const widths: (number | undefined)[] = [...natural];
  if (room === undefined) return widths;
  const excess = (): number => {
    const shown = widths.filter((width) => width !== undefined);
    return shown.reduce((sum, width) => sum + width + gap, -gap) - room;
  };
  const narrow = (index: number, to: number): void => {
    const width = widths[index];
    if (width !== undefined) widths[index] = Math.max(Math.min(width, to), width - excess());
  };
  const fromRight = [...columns.entries()].toReversed();
  for (const [index, { wraps }] of fromRight) if (wraps && excess() > 0) narrow(index, comfortable);
  for (const [index, { cutTo }] of fromRight) {
    if (cutTo !== undefined && excess() > 0) narrow(index, cutTo);
  }
  for (const [index, { stays, wraps }] of fromRight) {
    if (!stays && !wraps && excess() > 0) widths[index] = undefined;
  }
  for (const [index, { wraps }] of fromRight) if (wraps && excess() > 0) narrow(index, least);
  return widths;
}
