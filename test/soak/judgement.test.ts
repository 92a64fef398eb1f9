import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Random } from '../faults/random.ts';
import { type FigureName, figureNames, type Sample } from './figures.ts';
import { judgeAll } from './judgement.ts';

const samplesAnHour = 360;
const ebbEvery = 120;

describe('a soak', () => {
  /** Two hours in which one figure is something else than noise around what the cameras need. */
  const samples = (name: FigureName, more: (hours: number, isEbb: boolean) => number): Sample[] => {
    const random = new Random(3);
    return Array.from({ length: 2 * samplesAnHour }, (_, i) => {
      const isEbb = i % ebbEvery === 0;
      const [hours, cameras] = [i / samplesAnHour, isEbb ? 0 : 10 + random.below(10)];
      const usual = (): number => 20 + 2 * cameras + (isEbb ? 0 : random.between(-4, 4));
      const values = Object.fromEntries(figureNames.map((one) => [one, usual()]));
      values[name] = usual() + more(hours, isEbb);
      return { hours, cameras, viewers: 0, isEbb, values: values as Sample['values'] };
    });
  };
  const growing = (all: readonly Sample[]): string[] =>
    judgeAll(all, 0.25)
      .filter(({ verdict }) => verdict === 'GROWS')
      .map(({ figure }) => figure);

  it('finds nothing where nothing grows but at the start', () => {
    assert.deepEqual(growing(samples('old', (hours) => -200 * Math.exp(-30 * hours))), []);
    assert.deepEqual(growing(samples('rss', (hours) => 100 * Math.min(hours, 0.9))), []);
    assert.ok(
      judgeAll(
        samples('rss', () => 0),
        0.25,
      ).every(({ verdict }) => verdict !== 'unclear'),
    );
  });

  it('finds what grows, and nothing else', () => {
    assert.deepEqual(growing(samples('heap', (hours) => 8 * hours)), ['heap']);
    assert.deepEqual(growing(samples('files', (hours) => 5 * hours)), ['files']);
  });

  it('finds one thing more that is left each time that all have gone', () => {
    const left = samples('inotifyWatches', (hours, isEbb) => (isEbb ? Math.round(3 * hours) : 0));
    assert.deepEqual(growing(left), ['inotifyWatches']);
  });

  it('does not find the footage that the ledger tells of', () => {
    assert.deepEqual(growing(samples('ledgerMegabytes', (hours) => 50 * hours)), []);
  });

  it('says that it can not tell after a few minutes', () => {
    const few = judgeAll(samples('rss', () => 0).slice(0, 100), 0.25);
    assert.equal(few.find(({ figure }) => figure === 'rss')?.verdict, 'unclear');
  });
});
