import type { Camera, Piece, Sums } from './api-types.ts';
import { clockTime, lengthWords, percentWords, sinceWords } from './time/words.ts';

/** What a camera does, in words: `recording`, `no footage since 10:42: camera offline`. */
export function stateWords(camera: Camera, nowMs: number, timeZone: string): string {
  if (camera.isRecording) return 'recording';
  const lastMs = camera.lastFootageAtMs ?? camera.sinceMs;
  const since =
    camera.lastFootageAtMs === undefined || lastMs === undefined
      ? 'no footage yet'
      : `no footage since ${sinceWords(lastMs, nowMs, timeZone)}`;
  if (camera.state === 'recording') return `${since}: a picture is awaited`;
  return `${since}: ${causeWords(camera.state)}`;
}

/** Those that an owner would not know by the ledger's words. */
const words: Readonly<Record<string, string>> = {
  disabled: 'disabled by the operator',
  'stream stalled': 'the camera ceased to send',
  'relay died': 'a fault of the server',
  'archiver died': 'a fault of the server',
  'disk full': 'the server had no room',
  'daemon down': 'the server was off',
  upgrade: 'the server was updated',
  'settings changed': 'the operator changed its settings',
  'clock jumped': 'the server’s clock was set',
  'segment lost': 'lost before it was stored',
};

/** A cause of the ledger, as an owner reads it. */
export const causeWords = (cause = 'unexplained'): string => words[cause] ?? cause;

/** `All 3 cameras are recording.` */
export function summaryWords(cameras: readonly Camera[]): string {
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

/** `complete`, or how much is missing. */
export function continuityWords({ storedMs, spooledMs, missingMs }: Sums): string {
  const known = storedMs + spooledMs + missingMs;
  if (known === 0) return 'no footage';
  if (missingMs === 0) return 'complete';
  return `${lengthWords(missingMs)} missing (${percentWords(storedMs + spooledMs, known)} recorded)`;
}

/** A piece of the timeline, in a sentence. */
export function pieceWords(piece: Piece, timeZone: string): string {
  const { startMs, endMs } = piece;
  const length = lengthWords(endMs - startMs);
  const seconds = endMs - startMs < 600_000;
  const span = `${clockTime(startMs, timeZone, seconds)} to ${clockTime(endMs, timeZone, seconds)}`;
  switch (piece.state) {
    case 'stored':
      return `${span}: recorded and stored`;
    case 'spooled':
      return `${span}: recorded, on its way to storage`;
    case 'missing':
      return `${span} (${length}) missing: ${causeWords(piece.cause)}`;
  }
}
