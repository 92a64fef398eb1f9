import { joined, joinedTimeline } from '../continuity/join.ts';
import type { Continuity } from '../contract/continuity.ts';
import { LongWork } from '../lib/long-work.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { ContinuityRange, Days, DaySum, Timeline } from '../model/continuity.ts';
import type { ContinuityQueries } from './continuity.ts';

const segmentsOfStep = 2_000;
const daysAtOnce = 2;

/** What {@link ContinuityQueries} answer, in small steps between which other work of the process is done. */
export class ContinuitySteps {
  readonly #queries: ContinuityQueries;
  readonly #segmentsAtOnce: number;

  constructor(queries: ContinuityQueries, segmentsAtOnce = segmentsOfStep) {
    this.#queries = queries;
    this.#segmentsAtOnce = segmentsAtOnce;
  }

  /** @throws {UnknownNameError} the name was never added and has no footage */
  async sum(camera: CameraName, range: ContinuityRange): Promise<Continuity> {
    return joined(await this.#eachStep(camera, range, (step) => this.#queries.sum(camera, step)));
  }

  /** @throws {UnknownNameError} the name was never added and has no footage */
  async timeline(camera: CameraName, range: ContinuityRange): Promise<Timeline> {
    return joinedTimeline(
      await this.#eachStep(camera, range, (step) => this.#queries.timeline(camera, step)),
    );
  }

  /** @throws {UnknownNameError} the name was never added and has no footage */
  async days(camera: CameraName, { days, nowMs, isRecording }: Days): Promise<DaySum[]> {
    const sums: DaySum[] = [];
    const work = new LongWork();
    for (let first = 0; first < days.length; first += daysAtOnce) {
      const some = days.slice(first, first + daysAtOnce);
      sums.push(...this.#queries.days(camera, { days: some, nowMs, isRecording }));
      await work.rest();
    }
    return sums;
  }

  async #eachStep<T>(
    camera: CameraName,
    range: ContinuityRange,
    ask: (step: ContinuityRange) => T,
  ): Promise<readonly T[]> {
    const parts: T[] = [];
    const work = new LongWork();
    for (let { fromMs } = range; ; ) {
      const endMs = this.#queries.startOfNext(camera, fromMs, this.#segmentsAtOnce) ?? Infinity;
      const toMs = Math.min(endMs, range.toMs);
      parts.push(ask({ ...range, fromMs, toMs, isContinued: parts.length > 0 }));
      if (toMs === range.toMs) return parts;
      fromMs = toMs;
      await work.rest();
    }
  }
}
