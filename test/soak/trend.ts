/** A line through measurements, told apart from what else they depend on. */
export interface Trend {
  /** By which it grows in an hour. */
  readonly perHour: number;
  /** Standard error of this, heedful that a measurement resembles the one before it. */
  readonly error: number;
}

/** One measurement: the value, and what it may depend on beside the time. */
export interface Measured {
  readonly hours: number;
  readonly value: number;
  readonly others: readonly number[];
}

/** Least squares; undefined of too few measurements. */
export function trendOf(measured: readonly Measured[]): Trend | undefined {
  const rows = measured.map(({ hours, others }) => [1, hours, ...others]);
  const width = rows[0]?.length ?? 0;
  if (rows.length < 3 * width) return undefined;
  const normal = square(width, (i, j) => dot(rows, i, j));
  const right = Array.from({ length: width }, (_, i) =>
    rows.reduce((sum, row, k) => sum + at(row, i) * (measured[k]?.value ?? 0), 0),
  );
  const inverse = invert(normal);
  const factors = inverse.map((row) => row.reduce((sum, one, j) => sum + one * at(right, j), 0));
  const rests = rows.map(
    (row, k) =>
      (measured[k]?.value ?? 0) - row.reduce((sum, one, i) => sum + one * at(factors, i), 0),
  );
  const squares = rests.reduce((sum, rest) => sum + rest * rest, 0);
  const neighbours = rests.slice(1).reduce((sum, rest, k) => sum + rest * at(rests, k), 0);
  const likeness = squares === 0 ? 0 : Math.min(0.95, Math.max(0, neighbours / squares));
  const independent = (1 + likeness) / (1 - likeness);
  const variance = (squares / (rows.length - width)) * independent;
  return { perHour: at(factors, 1), error: Math.sqrt(variance * at(inverse[1] ?? [], 1)) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return (at(sorted, Math.floor(middle)) + at(sorted, Math.ceil(middle))) / 2;
}

const at = (list: readonly number[], index: number): number => list[index] ?? Number.NaN;

const dot = (rows: readonly (readonly number[])[], i: number, j: number): number =>
  rows.reduce((sum, row) => sum + at(row, i) * at(row, j), 0);

const square = (width: number, of: (i: number, j: number) => number): number[][] =>
  Array.from({ length: width }, (_, i) => Array.from({ length: width }, (__, j) => of(i, j)));

/** Gauss-Jordan; what does not vary at all has no influence. */
function invert(matrix: readonly (readonly number[])[]): number[][] {
  const width = matrix.length;
  const rows = matrix.map((row, i) => [...row, ...row.map((_, j) => (i === j ? 1 : 0))]);
  for (let column = 0; column < width; column += 1) {
    const order = rows.slice(column).map((row) => Math.abs(at(row, column)));
    const best = column + order.indexOf(Math.max(...order));
    const pivot = rows[best] ?? [];
    rows[best] = rows[column] ?? [];
    rows[column] = pivot;
    const divisor = Math.abs(at(pivot, column)) < 1e-9 ? Infinity : at(pivot, column);
    const scaled = pivot.map((one) => one / divisor);
    for (const [i, row] of rows.entries()) {
      const factor = at(row, column);
      rows[i] = i === column ? scaled : row.map((one, j) => one - factor * at(scaled, j));
    }
  }
  return rows.map((row) => row.slice(width));
}
