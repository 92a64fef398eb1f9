import type { DaySums, OwnersPiece } from '../contract/continuity.ts';
import type { OwnCamera } from '../contract/cameras.ts';
import { exactTime, lengthWords, percentWords, sinceWords } from './time/words.ts';

/** A camera's state in words: `recording`, `no footage since 10:42: camera offline`. */
export function stateWords(camera: OwnCamera, nowMs: number, timeZone: string): string {
  const { isRecording, state, lastFootageAtMs } = camera;
  if (isRecording) return 'recording';
  const since =
    lastFootageAtMs === undefined ? 'yet' : `since ${sinceWords(lastFootageAtMs, nowMs, timeZone)}`;
  const why = state === 'recording' ? 'waiting for the next picture' : causeWords(state);
  return `no footage ${since}: ${why}`;
}

/** Owners' words for causes in the ledger that owners would not understand. */
const words: Readonly<Record<string, string>> = {
  disabled: 'disabled by the operator',
  'stream stalled': 'the camera ceased to send',
  'line too slow': 'the camera’s internet connection was too slow',
  'relay died': 'a fault of the server',
  'archiver died': 'a fault of the server',
  'disk full': 'the server had no room',
  'disk unusable': 'a disk of the server could not be used',
  'daemon down': 'the server was off',
  upgrade: 'the server was updated',
  'settings changed': 'the operator changed its settings',
  'server stood still': 'the server stood still',
  'server overloaded': 'the server could not keep up',
  'clock jumped': 'the server’s clock was set',
  'segment lost': 'lost before it was stored',
  'deleted in the bucket': 'deleted from the store after it was recorded',
};

/** Why footage is missing, for an owner. */
export const causeWords = (cause = 'unexplained'): string => words[cause] ?? cause;

/** `All 3 cameras are recording.` */
export function summaryWords(cameras: readonly OwnCamera[]): string {
  const silent = cameras.filter((camera) => !camera.isRecording).length;
  if (cameras.length === 0) return 'There are no cameras yet.';
  if (silent === 0) {
    return cameras.length === 1
      ? 'The camera is recording.'
      : `All ${cameras.length} cameras are recording.`;
  }
  if (cameras.length === 1) return 'The camera is not recording.';
  if (silent === cameras.length) return `None of the ${cameras.length} cameras is recording.`;
  return `${silent} of ${cameras.length} cameras ${silent === 1 ? 'is' : 'are'} not recording.`;
}

export type FootageSums = Pick<DaySums, 'storedMs' | 'spooledMs' | 'missingMs'>;

/** `complete`, or how much is missing. */
export function continuityWords({ storedMs, spooledMs, missingMs }: FootageSums): string {
  const known = storedMs + spooledMs + missingMs;
  if (known === 0) return 'no footage';
  if (missingMs === 0) return 'complete';
  return `${lengthWords(missingMs)} missing (${percentWords(storedMs + spooledMs, known)} recorded)`;
}

/** Describes a piece of the timeline. */
export function pieceWords(piece: OwnersPiece, timeZone: string): string {
  const { startMs, endMs } = piece;
  const length = lengthWords(endMs - startMs);
  const seconds = endMs - startMs < 600_000;
  const span = `${exactTime(startMs, timeZone, seconds)} to ${exactTime(endMs, timeZone, seconds)}`;
  switch (piece.state) {
    case 'stored':
      return `${span}: recorded and stored`;
    case 'spooled':
      return `${span}: recorded, on its way to storage`;
    case 'missing':
      return `${span} (${length}) missing: ${causeWords(piece.cause)}`;
  }
}
