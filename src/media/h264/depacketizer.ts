import { readRtp, rtpPayload } from '../rtsp/rtp.ts';

/** All NAL units of one picture, without start codes. */
export interface AccessUnit {
  readonly nals: readonly Buffer[];
  /** RTP timestamp: 32 bits, 90,000 ticks a second. */
  readonly timestamp: number;
}

export interface H264DepacketizerOptions {
  readonly onUnit: (unit: AccessUnit) => void;
  /** Data is missing: until the next key frame, pictures refer to lost ones. */
  readonly onLoss: () => void;
}

const maxUnitBytes = 4 * 1024 * 1024;
const maxUnitNals = 512;

/** A slice of a picture (ITU-T H.264 table 7-1), not partitioned. */
const isSlice = (nal: Buffer): boolean => [1, 5].includes(nal.readUInt8(0) & 0x1f);

/**
 * Assembles pictures from RTP packets that arrive in order (RFC 6184: single NAL units, STAP-A, FU-A). A
 * picture ends at the marker bit; for cameras that set that bit at each slice, when the timestamp changes.
 */
export class H264Depacketizer {
  readonly #options: H264DepacketizerOptions;
  readonly #payloadType: number;
  #nextSequence: number | undefined;
  #timestamp = 0;
  #nals: Buffer[] = [];
  #bytes = 0;
  #hasSlice = false;
  /** The fragments so far of a NAL unit in several packets. */
  #fragments: Buffer[] | undefined;
  /** Timestamp of the newest picture that ended with a marker. */
  #endedAt: number | undefined;
  #markersLie = false;

  constructor(payloadType: number, options: H264DepacketizerOptions) {
    this.#payloadType = payloadType;
    this.#options = options;
  }

  push(bytes: Buffer): void {
    const header = readRtp(bytes);
    const payload = header && rtpPayload(bytes);
    if (payload === undefined || header?.payloadType !== this.#payloadType) return;
    const { sequence, timestamp, marker } = header;
    const isNext = this.#nextSequence === undefined || this.#nextSequence === sequence;
    this.#nextSequence = (sequence + 1) & 0xffff;
    if (!isNext) this.#lose();
    if (timestamp !== this.#timestamp) {
      if (this.#fragments !== undefined) this.#lose();
      this.#flush();
      this.#timestamp = timestamp;
    }
    this.#read(payload);
    if (marker && this.#hasSlice && !this.#markersLie) {
      this.#endedAt = timestamp;
      this.#flush();
    }
  }

  #read(payload: Buffer): void {
    const type = payload.readUInt8(0) & 0x1f;
    if (type >= 1 && type <= 23) return this.#add([payload]);
    if (type === 24) return this.#readAggregate(payload);
    if (type === 28 && payload.length > 2) return this.#readFragment(payload);
    this.#lose();
  }

  /** STAP-A (section 5.7.1). */
  #readAggregate(payload: Buffer): void {
    for (let at = 1; at < payload.length; ) {
      const bytes = at + 2 <= payload.length ? payload.readUInt16BE(at) : 0;
      at += 2;
      if (bytes === 0 || at + bytes > payload.length) return this.#lose();
      this.#add([payload.subarray(at, at + bytes)]);
      at += bytes;
    }
  }

  /** FU-A (section 5.8). */
  #readFragment(payload: Buffer): void {
    const indicator = payload.readUInt8(0);
    const header = payload.readUInt8(1);
    if (header & 0x80) {
      if (this.#fragments !== undefined) this.#lose();
      this.#fragments = [Buffer.from([(indicator & 0xe0) | (header & 0x1f)])];
    } else if (this.#fragments === undefined) {
      // The first fragment was lost, or was sent before we began to listen.
      return this.#lose();
    }
    this.#fragments.push(payload.subarray(2));
    this.#bytes += payload.length;
    if (this.#bytes > maxUnitBytes) return this.#lose();
    if (header & 0x40) {
      const whole = this.#fragments;
      this.#fragments = undefined;
      this.#add(whole);
    }
  }

  #add(parts: readonly Buffer[]): void {
    const [head] = parts;
    const nal = parts.length === 1 && head !== undefined ? head : Buffer.concat(parts);
    if (isSlice(nal)) {
      // first_mb_in_slice is 0 (H.264 section 7.4.3), which is encoded as a single set bit.
      const startsPicture = nal.length > 1 && nal.readUInt8(1) >= 0x80;
      if (startsPicture && this.#hasSlice) this.#flush();
      if (!startsPicture && !this.#hasSlice) {
        if (this.#endedAt === this.#timestamp) this.#markersLie = true;
        return this.#lose();
      }
      this.#hasSlice = true;
    }
    this.#nals.push(nal);
    if (parts.length === 1) this.#bytes += nal.length;
    if (this.#bytes > maxUnitBytes || this.#nals.length > maxUnitNals) this.#lose();
  }

  /** Keeps parameter sets that came with their own timestamp, for the picture that follows. */
  #flush(): void {
    if (!this.#hasSlice) return;
    const unit = { nals: this.#nals, timestamp: this.#timestamp };
    this.#clear();
    this.#options.onUnit(unit);
  }

  #lose(): void {
    this.#clear();
    this.#options.onLoss();
  }

  #clear(): void {
    this.#nals = [];
    this.#bytes = 0;
    this.#hasSlice = false;
    this.#fragments = undefined;
  }
}
