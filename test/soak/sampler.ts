import { join } from 'node:path';
import { type Scrape, scrape, sumOf } from '../support/scrape.ts';
import type { Site } from '../support/site.ts';
import type { FigureName, Sample } from './figures.ts';
import * as kernel from './kernel.ts';

const megabyte = 1_000_000;

/** Measures the daemon of a site from outside. */
export class Sampler {
  readonly #site: Site;
  readonly #startedAt = performance.now();
  #last: {
    readonly at: number;
    readonly log: number;
    readonly daemon: number;
    readonly all: number;
  };

  constructor(site: Site) {
    this.#site = site;
    this.#last = this.#totals();
  }

  /** Of the daemon. */
  get pid(): number {
    return this.#site.daemonPid;
  }

  get hours(): number {
    return (performance.now() - this.#startedAt) / 3_600_000;
  }

  scrape(): Promise<Scrape> {
    return scrape(this.#site, 10_000);
  }

  async sample(isEbb = false): Promise<Sample> {
    const series = await this.scrape();
    const rates = this.#rates();
    return {
      hours: this.hours,
      cameras: series.get('cctv_tunnels') ?? Number.NaN,
      viewers: sumOf(series, 'cctv_viewers{'),
      isEbb,
      values: { ...this.#fromMetrics(series), ...this.#fromKernel(), ...this.#onDisk(), ...rates },
    };
  }

  #fromMetrics(series: Scrape) {
    const one = (name: string): number => series.get(name) ?? Number.NaN;
    return {
      heap: one('nodejs_heap_size_used_bytes') / megabyte,
      old: one('nodejs_heap_space_size_used_bytes{space="old"}') / megabyte,
      young: one('nodejs_heap_space_size_total_bytes{space="new"}') / megabyte,
      external: one('nodejs_external_memory_bytes') / megabyte,
      // A type of which there is nothing has no series.
      timers: series.get('nodejs_active_resources{type="Timeout"}') ?? 0,
      resources: one('nodejs_active_resources_total'),
      loopDelay: one('nodejs_eventloop_lag_p99_seconds') * 1_000,
    } satisfies Partial<Record<FigureName, number>>;
  }

  #fromKernel() {
    const { pid } = this;
    const { rssBytes, threads } = kernel.memoryOf(pid);
    const descriptors = kernel.descriptorsOf(pid);
    const ports = kernel.portsOf(pid, descriptors.socketInodes);
    const { pids, names } = kernel.programsOf(pid);
    const inodes = pids.flatMap((child) => [...kernel.descriptorsOf(child).socketInodes]);
    const childrensPorts = kernel.portsOf(pid, new Set(inodes));
    const named = (name: string): number => names.filter((one) => one === name).length;
    const [relays, ffmpegs] = [named('live555ProxyServer'), named('ffmpeg')];
    return {
      rss: rssBytes / megabyte,
      threads,
      sockets: descriptors.sockets,
      pipes: descriptors.pipes,
      files: descriptors.files,
      otherDescriptors: descriptors.others,
      inotifyWatches: descriptors.inotifyWatches,
      relays,
      ffmpegs,
      otherChildren: names.length - relays - ffmpegs,
      zombies: kernel.zombiesOf(pid),
      ...ports,
      childrenListening: childrensPorts.listening,
      childrenEstablished: childrensPorts.established,
    } satisfies Partial<Record<FigureName, number>>;
  }

  #onDisk() {
    const state = join(this.#site.directory, 'state');
    const spool = kernel.folderSize(this.#site.spoolDirectory);
    const ledger = join(state, 'ledger', 'ledger.sqlite');
    return {
      spoolFiles: spool.files,
      spoolDirectories: spool.directories,
      spoolMegabytes: spool.bytes / megabyte,
      stateFiles: kernel.folderSize(state).files - spool.files,
      ledgerMegabytes: kernel.fileBytes(ledger) / megabyte,
      walMegabytes: kernel.fileBytes(`${ledger}-wal`) / megabyte,
    } satisfies Partial<Record<FigureName, number>>;
  }

  #totals() {
    return {
      at: performance.now(),
      log: this.#site.log.length,
      daemon: kernel.processorSeconds(this.#site.daemonPid).own,
      all: kernel.processorSecondsOfTree(process.pid),
    };
  }

  /** Since the last sample. */
  #rates() {
    const [before, now] = [this.#last, this.#totals()];
    this.#last = now;
    const seconds = (now.at - before.at) / 1_000;
    const lines = this.#site.log.slice(before.log, now.log);
    const grave = lines.filter(({ level }) => level !== 'info' && level !== 'debug');
    return {
      processor: (100 * (now.daemon - before.daemon)) / seconds,
      processorOfAll: (100 * (now.all - before.all)) / seconds,
      warnings: (60 * grave.length) / seconds,
      lines: (60 * lines.length) / seconds,
    } satisfies Partial<Record<FigureName, number>>;
  }
}
