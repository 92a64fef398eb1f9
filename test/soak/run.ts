import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../faults/random.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { isAlive } from '../support/processes.ts';
import { sumOf } from '../support/scrape.ts';
import { Site, type SiteCamera } from '../support/site.ts';
import { eventually } from '../support/until.ts';
import { startChurn } from './churn.ts';
import { figures, type Sample } from './figures.ts';
import { accountFor, type FootageAccount } from './footage.ts';
import type { Progress } from './report.ts';
import { Sampler } from './sampler.ts';
import { startViewing } from './viewing.ts';

export interface RunOptions {
  readonly minutes: number;
  readonly cameras: number;
  readonly seed: number;
  readonly sampleEveryMs: number;
  readonly say: (line: string) => void;
  readonly onSample: (sample: Sample) => void;
  /** Now and then, and at the end. */
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

const account = 'bach';
const segmentSeconds = 20;
const rtspServers = 4;
const picture = { video: 'h264', width: 160, height: 120, framesPerSecond: 5 } as const;
const media = { ...picture, keyFrameSeconds: 2, bitsPerSecond: 32_000 };

const warmUpMinutes = 15;
/** From one time that all have gone to the next. */
const flowMinutes = 20;
const progressEveryMs = 600_000;
/** Within this nothing may be left of cameras that have gone. */
const leftNothingWithinMs = 2_000;
const uploadedWithinMs = 90_000;

/** How much of a run is not judged. */
export const warmUpMsOf = (minutes: number): number =>
  Math.min(warmUpMinutes, minutes / 4) * 60_000;

/** Lets cameras and viewers come and go for a long time, and measures the daemon. */
export async function soak(options: RunOptions): Promise<Progress> {
  const run = new Run(options);
  await run.start().catch((error: unknown) => run.trouble(error));
  return run.progress;
}

class Run {
  readonly #options: RunOptions;
  readonly #samples: Sample[] = [];
  readonly #done = new Map<string, number>();
  readonly #troubles: string[] = [];
  readonly #random: Random;
  #site: Site | undefined;
  #footage: FootageAccount | undefined;

  constructor(options: RunOptions) {
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  get progress(): Progress {
    return {
      seed: this.#options.seed,
      samples: this.#samples,
      warmUpHours: this.#warmUpMs / 3_600_000,
      done: this.#done,
      troubles: this.#troubles,
      footage: this.#footage,
      log: this.#site?.log ?? [],
    };
  }

  get #warmUpMs(): number {
    return warmUpMsOf(this.#options.minutes);
  }

  /** When all are to go, in milliseconds since the start: after the warm-up, and then now and again. */
  #flows(): number[] {
    const afterMs = this.#options.minutes * 60_000 - this.#warmUpMs;
    const flows = Math.max(2, Math.round(afterMs / (flowMinutes * 60_000)));
    return Array.from({ length: flows + 1 }, (_, i) => this.#warmUpMs + (afterMs * i) / flows);
  }

  async start(): Promise<void> {
    const { say, signal } = this.#options;
    const listen = '127.0.0.1:0';
    await using site = await Site.start({
      segmentSeconds,
      profile: 'copy',
      config: {
        metrics: { listen },
        gateway: { listen },
        console: { web: { listen, proxy: true } },
        log: { format: 'json', level: 'info' },
      },
    });
    this.#site = site;
    await using owned = new AsyncDisposableStack();
    const beganMs = Date.now();
    const cameras = await this.#addCameras(site, owned);
    const password = /^Password +(\S+)$/m.exec(await site.cctv('account', 'password', account));
    const sampler = new Sampler(site);
    await this.#take(sampler, true);
    say(`${cameras.length} cameras begin to come and go`);
    const viewing = { site, cameras, account, password: password?.[1] ?? '' };
    const startedAt = performance.now();
    for (const flowsUntilMs of this.#flows()) {
      await this.#flow(sampler, viewing, startedAt + flowsUntilMs);
      if (signal.aborted) break;
      await this.#ebb(sampler);
    }
    if (!signal.aborted) {
      say('all have gone, footage is accounted for');
      this.#footage = await accountFor(site, cameras, beganMs);
    }
    this.#options.onProgress(this.progress);
  }

  async #addCameras(site: Site, owned: AsyncDisposableStack): Promise<SiteCamera[]> {
    const servers = [];
    for (let i = 0; i < Math.min(rtspServers, this.#options.cameras); i += 1) {
      servers.push(owned.use(await startRtspCamera(media)));
    }
    const cameras: SiteCamera[] = [];
    for (let i = 0; i < this.#options.cameras; i += 1) {
      cameras.push(
        await site.addCamera(`${account}/camera-${i + 1}`, {}, servers[i % servers.length]),
      );
    }
    return cameras;
  }

  /** Cameras and viewers come and go until then. */
  async #flow(
    sampler: Sampler,
    viewing: Omit<Parameters<typeof startViewing>[0], 'random' | 'onVisit'>,
    until: number,
  ): Promise<void> {
    const { signal, sampleEveryMs, onProgress } = this.#options;
    const random = this.#random;
    const count = (what: string): void =>
      void this.#done.set(what, (this.#done.get(what) ?? 0) + 1);
    await using _cameras = startChurn({
      cameras: viewing.cameras,
      random,
      onWay: (way) => count(`camera ${way}`),
    });
    await using _viewers = startViewing({ ...viewing, random, onVisit: count });
    let progressAt = performance.now() + progressEveryMs;
    while (!signal.aborted && performance.now() < until) {
      const next = Math.min(sampleEveryMs, until - performance.now());
      await delay(Math.max(0, next), undefined, { signal }).catch(() => {});
      if (signal.aborted) return;
      await this.#take(sampler);
      if (performance.now() < progressAt) continue;
      progressAt += progressEveryMs;
      onProgress(this.progress);
    }
  }

  /** All have gone: nothing of them may be left. */
  async #ebb(sampler: Sampler): Promise<void> {
    const [before] = this.#samples;
    const tunnels = async (): Promise<boolean> =>
      ((await sampler.scrape()).get('cctv_tunnels') ?? 0) === 0;
    await eventually('the end of all tunnels', 10_000, tunnels).catch(this.trouble);
    await delay(leftNothingWithinMs);
    const { values } = await sampler.sample();
    for (const name of ['relays', 'ffmpegs', 'otherChildren', 'zombies', 'listening'] as const) {
      const left = values[name] - (before?.values[name] ?? 0);
      if (left > 0) this.trouble(`${left} left after 2 s: ${figures[name].words}`);
    }
    await eventually('an empty spool', uploadedWithinMs, async () => {
      const scrape = await sampler.scrape();
      await delay(1_000);
      return sumOf(scrape, 'cctv_uploads_') === 0;
    }).catch(this.trouble);
    await this.#take(sampler, true);
    this.#options.onProgress(this.progress);
  }

  readonly trouble = (what: unknown): void => {
    const minutes = ((this.#samples.at(-1)?.hours ?? 0) * 60).toFixed(0);
    this.#troubles.push(`after ${minutes} min: ${String(what)}`);
  };

  async #take(sampler: Sampler, isEbb = false): Promise<void> {
    try {
      const sample = await sampler.sample(isEbb);
      this.#samples.push(sample);
      this.#options.onSample(sample);
    } catch (error) {
      if (this.#options.signal.aborted) return;
      if (!isAlive(sampler.pid)) throw new Error('the daemon died', { cause: error });
      this.trouble(`no sample: ${String(error)}`);
    }
  }
}
