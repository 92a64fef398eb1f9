import { type Figure, type FigureName, figureNames, figures, type Sample } from './figures.ts';
import { median, type Trend, trendOf } from './trend.ts';

export interface Judgement {
  readonly figure: FigureName;
  /** Median and maximum of the first and the last quarter after the warm-up. */
  readonly first: Quarter;
  readonly last: Quarter;
  readonly trend: Trend | undefined;
  /** Whenever all had gone. */
  readonly ebbs: readonly number[];
  readonly verdict: 'flat' | 'GROWS' | 'unclear' | '';
}

interface Quarter {
  readonly median: number;
  readonly max: number;
}

/** A trend must be so many times its own error to be believed. */
const sureAt = 3;

/** Judges each figure by its trend after the warm-up, and by what is left whenever all have gone. */
export function judgeAll(samples: readonly Sample[], warmUpHours: number): Judgement[] {
  const warm = samples.filter(({ hours }) => hours >= warmUpHours);
  const flowing = warm.filter(({ isEbb }) => !isEbb);
  const ebbs = warm.filter(({ isEbb }) => isEbb);
  // During the warm-up, what there is.
  const shown = flowing.length < 4 ? samples.filter(({ isEbb }) => !isEbb) : flowing;
  const quarter = Math.ceil(shown.length / 4);
  return figureNames.map((name) => {
    const figure: Figure = figures[name];
    const settled = flowing.filter(({ hours }) => hours >= (figure.settlesHours ?? 0));
    const trend = trendOf(
      settled.map(({ hours, cameras, viewers, values }) => ({
        hours,
        value: values[name],
        others: [cameras, viewers],
      })),
    );
    const left = ebbs.map(({ values }) => values[name]);
    return {
      figure: name,
      first: quarterOf(shown.slice(0, quarter), name),
      last: quarterOf(shown.slice(-quarter), name),
      trend,
      ebbs: left,
      verdict: verdict(figure, trend, left),
    };
  });
}

function quarterOf(samples: readonly Sample[], name: FigureName): Quarter {
  const values = samples.map((one) => one.values[name]);
  return { median: median(values), max: Math.max(...values) };
}

function verdict(
  { mayGrow, mayRemain }: Figure,
  trend: Trend | undefined,
  ebbs: readonly number[],
): Judgement['verdict'] {
  if (mayGrow === undefined) return '';
  const [earlier, last] = [ebbs.slice(0, 2), ebbs.at(-1)];
  const remains =
    mayRemain !== undefined &&
    ebbs.length > 2 &&
    last !== undefined &&
    last > Math.max(...earlier) + mayRemain;
  if (remains) return 'GROWS';
  if (trend === undefined || !(trend.error < mayGrow)) return 'unclear';
  return trend.perHour > mayGrow && trend.perHour > sureAt * trend.error ? 'GROWS' : 'flat';
}
