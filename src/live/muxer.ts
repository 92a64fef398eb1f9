import { fragment, type Initialization, initialization } from '../media/mp4/write.ts';
import type { AccessUnit } from '../media/h264/depacketizer.ts';
import { ParameterSets } from '../media/h264/parameter-sets.ts';
import { LiveTimeline } from './timeline.ts';

/** One picture as a message that is the same for all viewers. */
export interface LivePicture {
  readonly initialization: Initialization;
  readonly isKey: boolean;
  /** The binary message. */
  readonly message: Buffer;
}

export interface Arrival {
  /** Monotonic milliseconds. */
  readonly nowMs: number;
  /** When the camera took it, milliseconds since 1970 UTC. */
  readonly takenAtMs: number;
}

const nalType = (nal: Buffer): number => nal.readUInt8(0) & 0x1f;
const isParameterSet = (nal: Buffer): boolean => nalType(nal) === 7 || nalType(nal) === 8;
/** Other NAL units that a decoder needs: slices and SEI, but no delimiters and no filler data. */
const isKept = (nal: Buffer): boolean => nalType(nal) >= 1 && nalType(nal) <= 6;

/** Makes fragmented MP4 of H.264 pictures: one fragment per picture, from the first key frame on. */
export class Muxer {
  readonly #sets = new ParameterSets();
  #timeline = new LiveTimeline();
  #setsChanged = true;
  #initialization: Initialization | undefined;
  #waitsForKey = true;
  #sequenceNumber = 0;
  #epochMs: number | undefined;

  /** The wall clock of media time 0, in milliseconds since 1970 UTC. */
  get epochMs(): number {
    return this.#epochMs ?? 0;
  }

  /** Takes parameter sets from the stream's description. */
  describe(nals: readonly Buffer[]): void {
    for (const nal of nals.filter(isParameterSet)) {
      if (this.#sets.take(nal)) this.#setsChanged = true;
    }
  }

  /** Data was lost: no picture can be shown until the next key frame. */
  lose(): void {
    this.#waitsForKey = true;
  }

  /** @returns undefined if the picture can't be shown */
  push({ nals, timestamp }: AccessUnit, { nowMs, takenAtMs }: Arrival): LivePicture | undefined {
    this.describe(nals);
    const kept = nals.filter(isKept);
    const isKey = kept.some((nal) => nalType(nal) === 5);
    if (this.#waitsForKey && !isKey) return undefined;
    if (isKey && this.#setsChanged) {
      this.#initialization = initialization(this.#sets.sequences, this.#sets.pictures);
      this.#setsChanged = false;
    }
    if (this.#initialization === undefined) return undefined;
    this.#waitsForKey = false;
    this.#epochMs ??= takenAtMs;
    const place = this.#timeline.place(timestamp, nowMs);
    this.#sequenceNumber += 1;
    const sample = { nals: kept, isKey, takenAtMs, ...place };
    return {
      initialization: this.#initialization,
      isKey,
      message: fragment(this.#sequenceNumber, sample),
    };
  }
}
