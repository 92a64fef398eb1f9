import { findBox, findBoxes } from './boxes.ts';

/** A track of a fragmented MP4 file, as its moov box describes it (ISO/IEC 14496-12). */
export interface Track {
  readonly id: number;
  /** `vide`, `soun` … */
  readonly kind: string;
  /** Type of the sample entry: `avc1`, `hvc1`, `mp4a` …; empty if there is none. */
  readonly codec: string;
  /** Ticks per second. */
  readonly timescale: number;
  /** Pixels; 0 for sound. */
  readonly width: number;
  readonly height: number;
  /** Duration in ticks, and flags, of samples for which a fragment has no other values. */
  readonly defaultDuration: number;
  readonly defaultFlags: number;
}

/** @param moov the body of the box */
export function readTracks(moov: Buffer): Track[] {
  const trexes = findBoxes(moov, 'mvex', 'trex').filter(({ length }) => length >= 24);
  return findBoxes(moov, 'trak').flatMap((trak) => {
    const tkhd = findBox(trak, 'tkhd');
    const mdhd = findBox(trak, 'mdia', 'mdhd');
    const hdlr = findBox(trak, 'mdia', 'hdlr');
    if (tkhd === undefined || tkhd.length < 32) return [];
    if (mdhd === undefined || mdhd.length < 24) return [];
    if (hdlr === undefined || hdlr.length < 12) return [];
    // Version 1 has 64-bit times before the id and the timescale.
    const id = tkhd.readUInt32BE(tkhd[0] === 1 ? 20 : 12);
    const kind = hdlr.toString('latin1', 8, 12);
    const stsd = findBox(trak, 'mdia', 'minf', 'stbl', 'stsd') ?? Buffer.alloc(0);
    const hasSize = kind === 'vide' && stsd.length >= 44;
    const trex = trexes.find((one) => one.readUInt32BE(4) === id);
    return {
      id,
      kind,
      codec: stsd.toString('latin1', 12, 16),
      timescale: mdhd.readUInt32BE(mdhd[0] === 1 ? 20 : 12),
      width: hasSize ? stsd.readUInt16BE(40) : 0,
      height: hasSize ? stsd.readUInt16BE(42) : 0,
      defaultDuration: trex?.readUInt32BE(12) ?? 0,
      defaultFlags: trex?.readUInt32BE(20) ?? 0,
    };
  });
}
