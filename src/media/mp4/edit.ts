import { boxes, findBox } from './boxes.ts';
import { readTrun, readUsual, type Run, trunsOf } from './runs.ts';

/** Sets the decode time of a run's first sample, in its fragment's moof. */
export function moveTo(run: Run, ticks: number): void {
  const tfdt = findBox(run.traf.subarray(8), 'tfdt');
  if (tfdt?.[0] === 1) tfdt.writeBigUInt64BE(BigInt(ticks), 4);
  else tfdt?.writeUInt32BE(ticks, 4);
}

/**
 * Like {@link moveTo}, for a run of pictures that may be decoded before the time 0: these are decoded at
 * 0, one tick after the other, and shown when they were to be shown.
 */
export function moveShown(run: Run, ticks: number): void {
  moveTo(run, Math.max(0, ticks));
  const truns = trunsOf(run.traf);
  const layout = truns[0] && readTrun(truns[0].body);
  if (ticks >= 0 || layout === undefined || truns.length > 1) return;
  const { hasDuration, entries, entrySize, count, offsetAt } = layout;
  if (offsetAt === undefined) return;
  let wasAt = ticks;
  let isAt = 0;
  for (let i = 0; i < count && isAt > wasAt; i += 1) {
    const shown = wasAt + (run.offsets[i] ?? 0);
    wasAt += run.durations[i] ?? 0;
    // Without durations of their own, all samples are decoded later by the same time.
    const next = hasDuration ? Math.max(isAt + 1, wasAt) : isAt + (run.durations[i] ?? 0);
    if (hasDuration) entries.writeUInt32BE(next - isAt, i * entrySize);
    entries.writeInt32BE(shown - isAt, i * entrySize + offsetAt);
    isAt = next;
  }
  // Version 1 has negative offsets.
  if (truns[0] !== undefined) truns[0].body[0] = 1;
}

/** The sample depends on no other (ISO/IEC 14496-12 section 8.8.3.1). */
const syncSample = 0x0200_0000;

/** Marks all samples of a run as such from which playback can begin. */
export function markSync(run: Run): void {
  const tfhd = findBox(run.traf.subarray(8), 'tfhd');
  const usualAt = tfhd && readUsual(tfhd).flagsAt;
  if (usualAt !== undefined) tfhd?.writeUInt32BE(syncSample, usualAt);
  for (const { body } of trunsOf(run.traf)) {
    const { entriesAt, entries, entrySize, count, flagsAt } = readTrun(body);
    if (body.readUInt32BE(0) & 4) body.writeUInt32BE(syncSample, entriesAt - 4);
    if (flagsAt === undefined) continue;
    for (let i = 0; i < count; i += 1) entries.writeUInt32BE(syncSample, i * entrySize + flagsAt);
  }
}

/** Sets the duration of a run's last sample, if the trun box has durations. */
export function setLastDuration(run: Run, ticks: number): void {
  const trun = trunsOf(run.traf).at(-1);
  if (trun === undefined) return;
  const { hasDuration, entries, entrySize, count } = readTrun(trun.body);
  if (hasDuration && count > 0) entries.writeUInt32BE(ticks, (count - 1) * entrySize);
}

/**
 * Removes the first `count` samples of a run, or more if necessary, up to all. Their bytes stay in the
 * mdat box, and no box outside the run moves or changes its size.
 *
 * @returns how many samples were removed
 */
export function dropSamples(run: Run, count: number): number {
  const truns = trunsOf(run.traf);
  const [trun] = truns;
  const layout = trun === undefined ? undefined : readTrun(trun.body);
  // The removed entries must leave room for the header of a free box.
  const least = layout === undefined ? 0 : Math.ceil(8 / Math.max(1, layout.entrySize));
  const dropped = Math.max(count, least);
  const hasOffset = trun !== undefined && (trun.body.readUInt32BE(0) & 1) !== 0;
  if (
    trun === undefined ||
    layout === undefined ||
    truns.length !== 1 ||
    !layout.hasSize ||
    !hasOffset ||
    dropped >= layout.count
  ) {
    makeFree(run.traf);
    return run.durations.length;
  }
  const { entries, entrySize, entriesAt, sizeAt } = layout;
  let bytes = 0;
  for (let i = 0; i < dropped; i += 1) bytes += entries.readUInt32BE(i * entrySize + sizeAt);
  trun.body.writeUInt32BE(layout.count - dropped, 4);
  trun.body.writeInt32BE(trun.body.readInt32BE(8) + bytes, 8);
  const gone = dropped * entrySize;
  entries.copyWithin(0, gone);
  const newSize = 8 + entriesAt + entries.length - gone;
  const rest = trun.whole.subarray(newSize);
  trun.whole.writeUInt32BE(newSize, 0);
  rest.fill(0);
  rest.writeUInt32BE(rest.length, 0);
  makeFree(rest);
  return dropped;
}

/** Removes the last sample of a run; its bytes stay in the mdat box, and no box moves. */
export function dropLastSample(run: Run): void {
  const trun = trunsOf(run.traf).at(-1);
  const layout = trun === undefined ? undefined : readTrun(trun.body);
  if (trun === undefined || layout === undefined || layout.count <= 1) {
    makeFree(run.traf);
    return;
  }
  trun.body.writeUInt32BE(layout.count - 1, 4);
  const rest = trun.whole.subarray(trun.whole.length - layout.entrySize);
  // Too small for a free box: the entry stays in the trun box, but is no longer counted.
  if (rest.length < 8) return;
  trun.whole.writeUInt32BE(trun.whole.length - rest.length, 0);
  rest.fill(0);
  rest.writeUInt32BE(rest.length, 0);
  makeFree(rest);
}

/**
 * Takes a track out of a moov box, in place: no box moves.
 *
 * @param moov the whole box
 */
export function dropTrack(moov: Buffer, id: number): void {
  for (const { type, whole, body } of boxes(moov.subarray(8))) {
    const tkhd = type === 'trak' ? findBox(body, 'tkhd') : undefined;
    if (tkhd?.readUInt32BE(tkhd[0] === 1 ? 20 : 12) === id) makeFree(whole);
    if (type !== 'mvex') continue;
    for (const one of boxes(body)) {
      if (one.type === 'trex' && one.body.readUInt32BE(4) === id) makeFree(one.whole);
    }
  }
}

/** Turns a box into a free box, which readers skip. */
export const makeFree = (box: Buffer): number => box.write('free', 4, 'latin1');
