import type { GapCause } from '../../src/model/gap-cause.ts';
import type { Gap } from '../../src/contract/continuity.ts';
import type { SentPictures } from '../stand-ins/rtsp-camera.ts';
import type { ReadSegment } from './bucket.ts';

/** A fault that was inflicted. */
export interface Inflicted {
  readonly name: string;
  readonly causes: readonly GapCause[];
  /** Of the one camera that it befell; undefined: of all. */
  readonly camera: string | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Missing {
  readonly camera: string;
  readonly picture: number;
  readonly sentMs: number;
  /** Why nothing explains it. */
  readonly words: string;
}

export interface Verdict {
  readonly camera: string;
  readonly sent: number;
  readonly stored: number;
  /** Of these, pictures that came over two connections at the same time, and are there from each. */
  readonly fromTwo: number;
  /** Missing, inside a gap whose cause fits a fault. */
  readonly explained: number;
  /** Missing, and no gap is there. */
  readonly silent: readonly Missing[];
  /** Missing, inside a gap whose cause fits no fault. */
  readonly unfitting: readonly Missing[];
  /** Pictures that one connection brought, and that are there more than once. */
  readonly duplicates: readonly string[];
}

/** What was in flight when something was killed or switched off. */
const edgeMs = 2_000;
/** A fault is noticed late, and what it began ends late: time-outs, back-off. */
const aftermathMs = 45_000;

/** What these take was recorded before the fault: it waited to be stored, for as long as this. */
const ofWaitingFootage: readonly GapCause[] = ['disk full', 'segment lost'];
const waitsMs = 300_000;

export interface CameraEvidence {
  readonly camera: string;
  readonly sent: readonly SentPictures[];
  readonly segments: readonly ReadSegment[];
  readonly gaps: readonly Gap[];
  readonly faults: readonly Inflicted[];
}

/** Holds what a camera sent against what the bucket has, and what is missing against the gaps. */
export function judge({ camera, sent, segments, gaps, faults }: CameraEvidence): Verdict {
  const copies = new Map<string, string[]>();
  const places = new Map<number, Place>();
  for (const segment of segments) {
    for (const { connection, picture } of segment.pictures) {
      const copy = `picture ${picture} of connection ${connection}`;
      copies.set(copy, [...(copies.get(copy) ?? []), segment.key]);
      const place = places.get(picture) ?? { segment, connections: new Set<number>() };
      places.set(picture, { ...place, connections: place.connections.add(connection) });
    }
  }
  const explained: number[] = [];
  const silent: Missing[] = [];
  const unfitting: Missing[] = [];
  const sentAt = timesOf(sent);
  const order = [...sentAt.keys()];
  const before = neighbours(order, places);
  const after = neighbours(order.toReversed(), places);
  for (const [picture, sentMs] of sentAt) {
    if (places.has(picture)) continue;
    const missing = { camera, picture, sentMs };
    const between = stretchBetween(before.get(picture), after.get(picture));
    const around = gaps.filter(
      (gap) =>
        overlap(gap, { startMs: sentMs - hiddenMs(gap), endMs: sentMs }) ||
        (between !== undefined && overlap(gap, between)),
    );
    if (around.some((gap) => fits(gap, faults))) explained.push(picture);
    else if (around.length === 0) silent.push({ ...missing, words: 'there is no gap' });
    else {
      const words = around.map(({ cause, detail }) => `${cause} (${detail})`).join(', ');
      unfitting.push({ ...missing, words: `no fault that fits the gap: ${words}` });
    }
  }
  return {
    camera,
    sent: sentAt.size,
    explained: explained.length,
    silent,
    unfitting,
    stored: [...sentAt.keys()].filter((picture) => places.has(picture)).length,
    fromTwo: [...places.values()].filter(({ connections }) => connections.size > 1).length,
    duplicates: [...copies]
      .filter(([, keys]) => keys.length > 1)
      .map(([copy, keys]) => `${camera}: ${copy} is in ${keys.join(' and ')}`),
  };
}

/** Whether one of the faults can have caused a gap. */
export function fits({ startMs, endMs, cause }: Gap, faults: readonly Inflicted[]): boolean {
  // The machine itself may be busy with other things: of that the daemon speaks, and no fault.
  if (cause === 'server overloaded') return true;
  const laterMs = ofWaitingFootage.includes(cause) ? waitsMs : edgeMs;
  return faults.some(
    ({ causes, fromMs, toMs }) =>
      causes.includes(cause) && fromMs <= endMs + laterMs && toMs + aftermathMs >= startMs,
  );
}

interface Place {
  readonly segment: ReadSegment;
  readonly connections: Set<number>;
}

type Times = Pick<Gap, 'startMs' | 'endMs'>;

const overlap = (one: Times, other: Times): boolean =>
  one.startMs <= other.endMs + edgeMs && other.startMs <= one.endMs + edgeMs;

/**
 * A clock that is set back tells the same time twice: footage of the first time hides a part of what is
 * missing in the second, as long as the step, and of the gap there is left what lies before.
 */
function hiddenMs({ cause, detail }: Gap): number {
  if (cause !== 'clock jumped') return 0;
  return 1_000 * Number(/set by -([\d.]+) s/.exec(detail)?.[1] ?? 0);
}

/** For each missing picture, where the stored one before it is, in the order given. */
function neighbours(
  order: readonly number[],
  places: ReadonlyMap<number, Place>,
): Map<number, ReadSegment> {
  const found = new Map<number, ReadSegment>();
  let newest: ReadSegment | undefined;
  for (const picture of order) {
    newest = places.get(picture)?.segment ?? newest;
    if (newest !== undefined) found.set(picture, newest);
  }
  return found;
}

/**
 * Pictures may come late, after something that was stopped goes on, and footage tells when they came:
 * what is missing between two segments is missing there, whenever it was sent.
 */
function stretchBetween(
  before: ReadSegment | undefined,
  after: ReadSegment | undefined,
): Times | undefined {
  if (before === undefined || after === undefined || before === after) return undefined;
  const [startMs, endMs] = [before.endMs, after.startMs];
  return startMs <= endMs ? { startMs, endMs } : undefined;
}

/** When each picture was first sent, in the order of the pictures. */
function timesOf(sent: readonly SentPictures[]): Map<number, number> {
  const times = new Map<number, number>();
  for (const { pictures } of sent) {
    for (const [picture, ms] of pictures) {
      times.set(picture, Math.min(ms, times.get(picture) ?? Infinity));
    }
  }
  return new Map([...times].sort(([a], [b]) => a - b));
}
