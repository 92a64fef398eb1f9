import type { Site } from './site.ts';

/** What a daemon says of itself for Prometheus: series, with their labels, and their values. */
export type Scrape = ReadonlyMap<string, number>;

/** @throws if the daemon does not answer within `withinMs` */
export async function scrape(site: Site, withinMs: number): Promise<Scrape> {
  const line = site.log.find(({ message }) => message === 'serving metrics');
  const answer = await fetch(`http://${String(line?.['address'])}/metrics`, {
    signal: AbortSignal.timeout(withinMs),
  });
  return new Map(
    (await answer.text())
      .split('\n')
      .filter((one) => one !== '' && !one.startsWith('#'))
      .map((one) => {
        const space = one.lastIndexOf(' ');
        return [one.slice(0, space), Number(one.slice(space + 1))] as const;
      }),
  );
}

/** Of all series whose name begins so. */
export const sumOf = (series: Scrape, prefix: string): number =>
  [...series].reduce((total, [name, value]) => total + (name.startsWith(prefix) ? value : 0), 0);
