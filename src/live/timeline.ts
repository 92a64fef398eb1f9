import { ticksPerSecond } from '../media/mp4/write.ts';

/** Where a picture lies in the stream for the viewers, in ticks. */
export interface PicturePlace {
  readonly decodeTime: number;
  readonly showTime: number;
  readonly duration: number;
}

const ticksPerMs = ticksPerSecond / 1000;
/** Of its own time, a stream is brought nearer to ours by so much: nobody sees it. */
const maxSlew = 0.05;
/** Further off than this, it is put right at once. */
const maxDrift = ticksPerSecond;
const maxAhead = 2 * ticksPerSecond;
const windowTicks = ticksPerSecond;
const windows = 3;
const minDuration = 0.01 * ticksPerSecond;
const maxDuration = 0.5 * ticksPerSecond;

/**
 * Lays pictures on a time line that begins with the first one's arrival and runs with our clock. The
 * camera's times (RTP) say how far the pictures lie apart, so that the network's jitter is not seen; how
 * they arrive says where that is, by the quickest of the last seconds. A clock that drifts is followed;
 * one that jumps doesn't tear the line.
 */
export class LiveTimeline {
  #startMs: number | undefined;
  #lastTimestamp = 0;
  /** The camera's time without wrap-around. */
  #camera = 0;
  /** From the camera's time to ours. */
  #offset = 0;
  /** The least of (arrival - camera's time) in each of the last windows, newest last. */
  #quickest: number[] = [];
  #windowEnds = 0;
  #duration = ticksPerSecond / 15;
  #decodeTime: number | undefined;
  #showTime = 0;

  /**
   * @param timestamp 32 bits, 90,000 a second
   * @param nowMs monotonic; when the picture arrived
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
    // Chromium's MSE takes a decode time that is more than two durations after the one before for a
    // torn stream, and waits for a key frame: after a hole, it catches up in small steps.
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

  /** Goes after what {@link #measure} found before. */
  #follow(arrival: number, step: number): void {
    if (this.#quickest.length === 0) return;
    const drift = Math.min(...this.#quickest, arrival - this.#camera) - this.#offset;
    // That pictures are late may pass, as after a halt of the network: then all of them come at once.
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
