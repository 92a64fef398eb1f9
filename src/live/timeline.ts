import { ticksPerSecond } from '../media/mp4/write.ts';

/** A picture's place in the viewers' stream, in ticks. */
export interface PicturePlace {
  readonly decodeTime: number;
  readonly showTime: number;
  readonly duration: number;
}

const ticksPerMs = ticksPerSecond / 1000;
/** Drift is corrected by this share of the elapsed time: too little to notice. */
const maxSlew = 0.05;
/** Larger drift is corrected at once. */
const maxDrift = ticksPerSecond;
const maxAhead = 2 * ticksPerSecond;
const windowTicks = ticksPerSecond;
const windows = 3;
const minDuration = 0.01 * ticksPerSecond;
const maxDuration = 0.5 * ticksPerSecond;

/**
 * Places pictures on a time line that starts with the first picture's arrival and runs with our clock.
 * The camera's RTP timestamps give the distances between pictures, which hides network jitter. The
 * offset to our clock is that of the quickest arrivals of the last seconds. Follows a camera's clock that
 * drifts; a clock that jumps leaves no gap in the time line.
 */
export class LiveTimeline {
  #startMs: number | undefined;
  #lastTimestamp = 0;
  /** The camera's time without wrap-around. */
  #camera = 0;
  /** Added to the camera's time, gives ours. */
  #offset = 0;
  /** The smallest (arrival - camera's time) of each of the last windows, newest last. */
  #quickest: number[] = [];
  #windowEnds = 0;
  #duration = ticksPerSecond / 15;
  #decodeTime: number | undefined;
  #showTime = 0;

  /**
   * @param timestamp 32 bits, 90,000 ticks a second
   * @param nowMs when the picture arrived, in monotonic milliseconds
   */
  place(timestamp: number, nowMs: number): PicturePlace {
    this.#startMs ??= nowMs;
    const arrival = Math.round((nowMs - this.#startMs) * ticksPerMs);
    const isFirst = this.#decodeTime === undefined;
    const step = isFirst ? 0 : (timestamp - this.#lastTimestamp) | 0;
    this.#lastTimestamp = timestamp;
    this.#camera += step;
    const jumped = this.#camera + this.#offset > arrival + maxAhead || step < -ticksPerSecond;
    if (jumped) {
      const next = Math.max(arrival, this.#showTime + this.#duration);
      this.#offset = Math.round(next) - this.#camera;
      this.#quickest = [];
    } else {
      this.#follow(arrival, step);
    }
    this.#measure(arrival);
    const showTime = Math.max(0, this.#camera + this.#offset);
    const before = this.#decodeTime;
    const lasted = this.#duration;
    if (step > 0 && step < ticksPerSecond && !jumped) {
      const duration = lasted + (step - lasted) / 8;
      this.#duration = Math.min(Math.max(duration, minDuration), maxDuration);
    }
    // Chromium's MSE takes a decode time more than two durations after the previous one for a torn
    // stream, and waits for a key frame: so after a gap, the decode time catches up in small steps.
    this.#decodeTime =
      before === undefined
        ? showTime
        : Math.min(Math.max(showTime, before + 1), before + Math.floor(2 * lasted) - 1);
    this.#showTime = showTime;
    return {
      showTime,
      decodeTime: this.#decodeTime,
      duration: Math.round(this.#duration),
    };
  }

  /** Moves the offset towards what {@link #measure} found. */
  #follow(arrival: number, step: number): void {
    if (this.#quickest.length === 0) return;
    const drift = Math.min(...this.#quickest, arrival - this.#camera) - this.#offset;
    // Lateness may pass, as when the network stalls and then delivers all pictures at once. So jump only
    // if it lasted for all windows.
    if (drift > maxDrift && this.#quickest.length === windows) {
      this.#offset += drift;
      return;
    }
    const most = maxSlew * Math.max(0, step);
    this.#offset += Math.round(Math.min(Math.max(drift, -most), most));
  }

  #measure(arrival: number): void {
    const late = arrival - this.#camera;
    const newest = this.#quickest.length - 1;
    if (newest < 0 || arrival >= this.#windowEnds) {
      this.#quickest.push(late);
      if (this.#quickest.length > windows) this.#quickest.shift();
      this.#windowEnds = arrival + windowTicks;
    } else {
      this.#quickest[newest] = Math.min(this.#quickest[newest] ?? late, late);
    }
  }
}
