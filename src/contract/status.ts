import * as z from 'zod';
import { count, ms, type Sent } from './answer.ts';

/** Whether all is well, and if not, what isn't: a sentence each. */
export const Verdict = z.object({ ok: z.boolean(), problems: z.array(z.string()) });
export type Verdict = Sent<typeof Verdict>;

export const diskStates = ['ok', 'nearly full', 'full', 'unusable'] as const;

export const DiskStatus = z.object({
  /**
   * `full`: the oldest footage is being dropped, or recording is halted. `unusable`: the disk takes
   * no writes or is not there; recording is halted.
   */
  state: z.enum(diskStates),
  /** Whether recording is halted. */
  isFull: z.boolean(),
  /** Why it is not ok. */
  detail: z.string().optional(),
  whenFull: z.enum(['keep-newest', 'keep-oldest']),
  usedBytes: z.number(),
  recordingBytes: z.number(),
  damagedBytes: z.number(),
  freeBytes: z.number(),
  reserveBytes: z.number(),
  budgetBytes: z.number().optional(),
  /** Until it is full at the present rate; absent if it doesn't fill, or isn't known yet. */
  lastsMs: ms.optional(),
  /** Since the daemon started. */
  dropped: z.object({ files: count, bytes: z.number() }),
});
export type DiskStatus = Sent<typeof DiskStatus>;

/** What waits in the spool, and how its disk is. */
export const SpoolStatus = z.object({
  files: count,
  bytes: z.number(),
  /** Start of the oldest segment; absent if there is none. */
  oldestMs: ms.optional(),
  disk: DiskStatus,
});
export type SpoolStatus = Sent<typeof SpoolStatus>;

/** Segments that the store does not take while it takes others, and the first of them. */
export const RefusedSegments = z.object({
  segments: count,
  camera: z.string(),
  startMs: ms,
  /** When it was first refused. */
  sinceMs: ms,
  tries: count,
  cause: z.string(),
});
export type RefusedSegments = Sent<typeof RefusedSegments>;

/** Stored footage that the bucket has no more, found since the daemon started. */
export const GoneFootage = z.object({
  segments: count,
  durationMs: z.number(),
  /** Of the first that was found last. */
  camera: z.string(),
  startMs: ms,
  noticedMs: ms,
  detail: z.string(),
});
export type GoneFootage = Sent<typeof GoneFootage>;

export const UploadStatus = z.object({
  /** Segments being uploaded now. */
  uploading: count,
  waiting: count,
  /** Segments stored since the daemon started. */
  stored: count,
  /** Present while nothing can be uploaded. */
  failing: z.object({ sinceMs: ms, cause: z.string() }).optional(),
  refused: RefusedSegments.optional(),
  gone: GoneFootage.optional(),
});
export type UploadStatus = Sent<typeof UploadStatus>;

const HostKeyInfo = z.object({
  state: z.enum(['present', 'next']),
  algorithm: z.string(),
  fingerprint: z.string(),
  /** Algorithm and key, for known_hosts. */
  line: z.string(),
});
export type HostKeyInfo = Sent<typeof HostKeyInfo>;

const TunnelInfo = z.object({
  /** Where cameras dial in: `ADDRESS:PORT`. */
  address: z.string(),
  hostKeyFingerprint: z.string(),
  /** Algorithm and key, for known_hosts. */
  hostKeyLine: z.string(),
  /** All that cameras should know the server by: the keys that it shows, then those that will follow. */
  hostKeys: z.array(HostKeyInfo),
});
export type TunnelInfo = Sent<typeof TunnelInfo>;

/** A configuration that can't be used, while the daemon runs with the one that was good last. */
const refusedConfiguration = z.object({
  file: z.string(),
  /** All that is wrong with it, a sentence each. */
  problems: z.array(z.string()),
  /** What is used instead: a copy of the file as it was. */
  copy: z.string(),
  copiedAtMs: ms,
});
export type RefusedConfiguration = Sent<typeof refusedConfiguration>;

/** What is wrong with this machine while it records: its clock, or that it can't keep up. A sentence each. */
export const serverTroubles = z.array(z.string());

export const StatusAnswer = z.object({
  version: z.string(),
  pid: z.number(),
  startedAtMs: ms,
  /** Present while the daemon runs with another configuration than stands in its file. */
  refusedConfiguration: refusedConfiguration.optional(),
  tunnel: TunnelInfo,
  cameras: z.object({
    /** All that the operator added. */
    known: count,
    connected: count,
    recording: count,
  }),
  spool: SpoolStatus,
  uploads: UploadStatus,
  serverTroubles,
  /** Whether the daemon works; a new process would mend what is a problem here. */
  health: Verdict,
  /** Whether cameras are taken, and what they send is kept. */
  readiness: Verdict,
});
export type StatusAnswer = Sent<typeof StatusAnswer>;

/** What became of the options that differ from those in force, by name. */
export const ReloadAnswer = z.object({
  taken: z.array(z.string()),
  needsRestart: z.array(z.string()),
  /** They could not be used; those before remain. */
  failed: z.array(z.object({ option: z.string(), cause: z.string() })),
});
export type ReloadAnswer = Sent<typeof ReloadAnswer>;
