import { readFileSync } from 'node:fs';
import { background } from '../../src/lib/background.ts';
import { setTimeout as delay } from 'node:timers/promises';
import { scrape, type Scrape, sumOf } from '../support/scrape.ts';
import type { Site } from '../support/site.ts';

/** What was measured of the daemon while something went on. */
export interface Measured {
  /** Delay of the event loop at most, by the daemon's own metric. */
  readonly lagMs: number;
  readonly rssBefore: number;
  readonly rssPeak: number;
  readonly rssAfter: number;
  /** Share of a CPU. */
  readonly cpu: number;
  readonly uncaught: number;
  /** Lines that it logged. */
  readonly lines: number;
}

const everyMs = 500;
/** Node's histogram of delays counts its own resolution. */
const resolutionMs = 10;
const scrapeWithinMs = 60_000;

const megabytes = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** Measures a daemon from the start until it is asked for the result. */
export class Measurement implements AsyncDisposable {
  readonly #site: Site;
  readonly #before: Scrape;
  readonly #beganAt = performance.now();
  readonly #rssBefore: number;
  readonly #linesBefore: number;
  readonly #work: AsyncDisposable;
  #lagMs = 0;
  #rssPeak = 0;

  private constructor(site: Site, before: Scrape) {
    this.#site = site;
    this.#before = before;
    this.#rssBefore = megabytes(site.daemonPid);
    this.#linesBefore = site.log.length;
    this.#work = background(async (signal) => {
      while (!signal.aborted) {
        await delay(everyMs, undefined, { signal }).catch(() => {});
        if (!signal.aborted) await this.#sample().catch(() => {});
      }
    });
  }

  static async start(site: Site): Promise<Measurement> {
    return new Measurement(site, await scrape(site, scrapeWithinMs));
  }

  async #sample(): Promise<Scrape> {
    this.#rssPeak = Math.max(this.#rssPeak, megabytes(this.#site.daemonPid));
    const series = await scrape(this.#site, scrapeWithinMs);
    const lagMs = (series.get('nodejs_eventloop_lag_max_seconds') ?? 0) * 1_000 - resolutionMs;
    this.#lagMs = Math.max(this.#lagMs, lagMs);
    return series;
  }

  /** @param settle is called when the attack's own figures are taken, and memory is looked at after it */
  async end(settle: () => Promise<void>): Promise<Measured> {
    await this.#work[Symbol.asyncDispose]();
    const after = await this.#sample();
    const seconds = (performance.now() - this.#beganAt) / 1_000;
    const grown = (name: string): number => sumOf(after, name) - sumOf(this.#before, name);
    const measured = {
      lagMs: this.#lagMs,
      rssBefore: this.#rssBefore,
      rssPeak: this.#rssPeak,
      cpu: grown('process_cpu_seconds_total') / seconds,
      uncaught: grown('cctv_unexpected_errors_total'),
      lines: this.#site.log.length - this.#linesBefore,
    };
    await settle();
    return { ...measured, rssAfter: megabytes(this.#site.daemonPid) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#work[Symbol.asyncDispose]();
  }
}
