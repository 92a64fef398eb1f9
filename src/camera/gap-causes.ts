import { ClockSetError, NoPictureError, StalledError } from '../archive/archiver.ts';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import type { GapCause } from '../model/gap-cause.ts';
import { NoStreamError, RelayFaultError, StreamRefusedError } from '../relay/relay.ts';
import { ServiceHungUpError } from '../tunnel/loopback-port.ts';
import { TunnelGoneError } from '../tunnel/tunnel.ts';
import type { CameraParts } from './camera.ts';

/** Runs `task`. If it fails, and not because `signal` aborted, notes for what cause there is a gap. */
export async function toldOf(
  parts: CameraParts,
  signal: AbortSignal,
  task: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  try {
    await task(signal);
  } catch (error) {
    if (!signal.aborted) parts.note(gapCause(error), describeError(error));
    throw error;
  }
}

/** For what cause there is no footage after a recording failed with `error`. */
export function gapCause(error: unknown): GapCause {
  if (error instanceof ClockSetError) return 'clock jumped';
  if (error instanceof StalledError || error instanceof ServiceHungUpError) return 'stream stalled';
  if ([NoPictureError, NoStreamError, StreamRefusedError].some((kind) => error instanceof kind)) {
    return 'camera sent nothing';
  }
  // What else the operator must mend keeps the relay from starting.
  if (error instanceof RelayFaultError || error instanceof OperatorError) return 'relay died';
  return isFullDisk(error) ? 'disk full' : 'archiver died';
}

/** ENOSPC and EDQUOT: as codes of our own calls, and as the last words of a program. */
const fullDisk = /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/;

function isFullDisk(error: unknown): boolean {
  if (error instanceof Error && error.name === 'DiskFullError') return true;
  return errorCode(error) === 'ENOSPC' || fullDisk.test(describeError(error));
}

/** Why a tunnel is gone, in words that say whose doing it was. */
export function whyGone(reason: unknown): string {
  const words = describeError(reason);
  return reason instanceof TunnelGoneError && reason.how === 'closed'
    ? `closed by the daemon: ${words}`
    : words;
}
