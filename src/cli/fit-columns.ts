/** How a column of a table gives way where the terminal is too narrow for all of it. */
export interface Giving {
  /** It is neither cut nor left out: names, and what a row is about. */
  readonly stays?: true;
  /** The last column: its cells go on in further lines. */
  readonly wraps?: true;
  /** Its cells may be cut, down to this width. */
  readonly cutTo?: number;
}

const comfortable = 24;
const least = 8;

/**
 * Which columns are shown, and how wide: what wraps is narrowed first, then cells are cut, then columns
 * are left out, each from the right, where the least important stand.
 *
 * @param natural how wide each column is by its cells
 * @param gap between two columns
 * @param room what the terminal has; undefined: as much as is needed
 * @returns the width of each column; undefined where it is left out
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
