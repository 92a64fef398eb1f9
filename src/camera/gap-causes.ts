import {
  ArchiverHungError,
  ClockSetError,
  NoPictureError,
  StalledError,
} from '../archive/archiver.ts';
import { DiskFullError, DiskUnusableError } from '../lib/disk-full.ts';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import type { GapCause, ToldCause } from '../model/gap-cause.ts';
import { NoStreamError, RelayFaultError, StreamRefusedError } from '../relay/relay.ts';
import type { CameraAnswers } from '../stream/camera-answers.ts';
import { ServiceHungUpError } from '../tunnel/loopback-port.ts';
import { TunnelGoneError } from '../tunnel/tunnel.ts';

/** What else was seen while a recording failed, in words. */
export interface Seen {
  /** What is wrong with the line from the camera. */
  readonly slowLine?: string | undefined;
  /** What the camera answered. */
  readonly answers?: Pick<CameraAnswers, 'wrong' | 'poor'>;
  /** What this server itself suffers from. */
  readonly server?: ToldCause | undefined;
}

/** The cause of the gap after a recording failed with `error`. */
export function gapCause(error: unknown, { slowLine, answers, server }: Seen = {}): ToldCause {
  const cause = causeOf(error);
  const detail = describeError(error);
  const answer = error instanceof RelayFaultError ? answers?.wrong : answers?.poor;
  if (answer !== undefined && meansNoStream(error))
    return { cause: 'camera sent nothing', detail: answer };
  // A camera that refuses has answered.
  const isSilence =
    cause === 'stream stalled' ||
    (cause === 'camera sent nothing' && !(error instanceof StreamRefusedError));
  const isOfServer = isSilence || error instanceof ArchiverHungError || isStartedLate(error);
  if (server !== undefined && isOfServer) {
    return { cause: server.cause, detail: `${server.detail}; ${detail}` };
  }
  if (slowLine === undefined || !isSilence) return { cause, detail };
  return { cause: 'line too slow', detail: `${slowLine}; ${detail}` };
}

/** A relay that fails may have choked on an answer. A refusal is told in words of its own. */
const meansNoStream = (error: unknown): boolean =>
  [NoPictureError, NoStreamError, RelayFaultError].some((kind) => error instanceof kind);

/** A relay that did nothing wrong, but was not ready in time. */
const isStartedLate = (error: unknown): boolean =>
  error instanceof RelayFaultError && /does not listen within/.test(error.message);

function causeOf(error: unknown): GapCause {
  if (error instanceof ClockSetError) return 'clock jumped';
  if (error instanceof StalledError || error instanceof ServiceHungUpError) return 'stream stalled';
  if ([NoPictureError, NoStreamError, StreamRefusedError].some((kind) => error instanceof kind)) {
    return 'camera sent nothing';
  }
  if (isFullDisk(error)) return 'disk full';
  if (isUnusableDisk(error)) return 'disk unusable';
  // Any other error that the operator must mend keeps the relay from starting.
  if (error instanceof RelayFaultError || error instanceof OperatorError) return 'relay died';
  return 'archiver died';
}

/** ENOSPC and EDQUOT, as our own calls and as programs report them. */
const fullDisk = /No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/;

/** How the system refuses our own calls to a disk; the same codes may come from a socket. */
const unusable = new Set(['EROFS', 'EIO', 'EACCES', 'ESTALE']);
const diskCalls = new Set(['access', 'fsync', 'mkdir', 'open', 'read', 'rename', 'stat', 'write']);

function isUnusableDisk(error: unknown): boolean {
  if (error instanceof DiskUnusableError) return true;
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    const call = 'syscall' in at ? String(at.syscall) : '';
    if (diskCalls.has(call) && unusable.has(errorCode(at) ?? '')) return true;
  }
  return false;
}

function isFullDisk(error: unknown): boolean {
  if (error instanceof DiskFullError) return true;
  return errorCode(error) === 'ENOSPC' || fullDisk.test(describeError(error));
}

/** Says why a tunnel is gone, and whether the daemon closed it. */
export function whyGone(reason: unknown): string {
  const words = describeError(reason);
  return reason instanceof TunnelGoneError && reason.how === 'closed'
    ? `closed by the daemon: ${words}`
    : words;
}
