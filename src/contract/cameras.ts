import * as z from 'zod';
import { absentStates, connectedStates } from '../model/camera-state.ts';
import { gapCauses } from '../model/gap-cause.ts';
import { count, line, ms, page, PageRequest, type Sent, SettingChange, time } from './answer.ts';

const name = { account: z.string(), camera: z.string() };
const profile = z.enum(['copy', 'downsample'], {
  error: () => 'The profile must be copy or downsample',
});

const slowLine = z.object({
  /** How late pictures come. */
  lateMs: ms,
  /** Bits per second, once they are measured. */
  carried: z.number().optional(),
  sent: z.number().optional(),
});

/** A connected camera, as the operator sees it. */
export const CameraStatus = z.object({
  ...name,
  state: z.enum(connectedStates),
  /** Why the state is not `recording`, in plain words. */
  reason: z.string().optional(),
  connectedAtMs: ms,
  remoteAddress: z.string(),
  client: z.string(),
  profile,
  /** The picture as the camera sends it. */
  picture: z
    .object({
      codec: z.string(),
      width: z.number(),
      height: z.number(),
      framesPerSecond: z.number().optional(),
    })
    .optional(),
  audioCodec: z.string().optional(),
  /** Why the sound that the camera announces is not recorded. */
  soundProblem: z.string().optional(),
  /** While pictures wait for the line from the camera. */
  slowLine: slowLine.optional(),
  /** Of what is recorded, over the last seconds. */
  bitsPerSecond: z.number().optional(),
  /** Pictures recorded since the camera dialled in. */
  frames: count,
  lastFootageAtMs: ms.optional(),
  /** Restarts of relay and archiver since the camera dialled in. */
  restarts: count,
  relay: z.object({ pid: z.number(), port: z.number(), url: z.string() }).optional(),
  archiver: z.object({ pid: z.number() }).optional(),
});
export type CameraStatus = Sent<typeof CameraStatus>;

const amount = z.object({
  segments: count,
  bytes: z.number(),
  durationMs: ms,
});

const key = z.object({
  algorithm: z.string(),
  fingerprint: z.string(),
  comment: z.string(),
  addedMs: ms,
  isSuccessor: z.boolean(),
});

/** A key that two clients use from two addresses. */
const copiedKey = z.object({
  /** The two that took turns last. */
  addresses: z.tuple([z.string(), z.string()]),
  sinceMs: ms,
  lastMs: ms,
});
export type CopiedKey = Sent<typeof copiedKey>;

/** A camera that was added, or that is connected; nearly always both. */
export const CameraAnswer = z.object({
  ...name,
  /** What it does now. */
  state: z.enum([...connectedStates, ...absentStates]),
  /** What the operator said of it; absent if it was removed while connected. */
  settings: z
    .object({
      addedAtMs: ms,
      rtspPath: z.string(),
      rtspUser: z.string().optional(),
      /** Whether there is one: the password itself never leaves the daemon. */
      hasRtspPassword: z.boolean(),
      /** Absent: that of the configuration. */
      profile: profile.optional(),
      keys: z.array(key),
      /** Present while it waits to be adopted or rejected. */
      newSinceMs: ms.optional(),
      disabledAtMs: ms.optional(),
      /** When it first dialled in, since it was added or its hardware replaced. */
      firstContactAtMs: ms.optional(),
      formerNames: z.array(z.string()),
      /** What its account was called earlier. */
      formerAccounts: z.array(z.string()),
      /** Present if two clients took turns with one of its keys. */
      copiedKey: copiedKey.extend({ fingerprint: z.string() }).optional(),
    })
    .optional(),
  /** Present while it is connected. */
  connection: CameraStatus.optional(),
  /** End of the newest footage, recorded now or known to the ledger. */
  lastFootageAtMs: ms.optional(),
  spooled: amount,
  stored: amount,
});
export type CameraAnswer = Sent<typeof CameraAnswer>;
export type CameraSettingsAnswer = NonNullable<CameraAnswer['settings']>;

export const CamerasRequest = PageRequest.extend({ account: z.string().max(200).optional() });
export const CamerasAnswer = z.object({ cameras: z.array(CameraAnswer), ...page });
export type CamerasAnswer = Sent<typeof CamerasAnswer>;

// It becomes part of an rtsp:// address as it is.
const rtspPath = line('The RTSP path', 500).regex(/^\/[\x21-\x7e]*$/, {
  error: () => 'The RTSP path must begin with / and have no spaces, such as /unicast',
});
const rtspUser = line('The RTSP user', 200);
const rtspPassword = line('The RTSP password', 200);
export const streamSettings = {
  rtspPath: rtspPath.exactOptional(),
  rtspUser: rtspUser.exactOptional(),
  rtspPassword: rtspPassword.exactOptional(),
  profile: profile.exactOptional(),
};
export const userComesWithPassword = [
  (given: { readonly rtspUser?: string; readonly rtspPassword?: string }): boolean =>
    given.rtspPassword === undefined || given.rtspUser !== undefined,
  { error: () => 'An RTSP password needs an RTSP user' },
] as const;

const publicKey = z
  .string({ error: () => 'A public key is missing' })
  .max(16_384, { error: () => 'The key is too long to be one public key' });

export const CameraRequest = z
  .strictObject({
    account: line('The account', 200),
    name: line('The name', 200),
    key: publicKey,
    ...streamSettings,
  })
  .refine(...userComesWithPassword);
export const AdoptionRequest = z.strictObject({ name: line('The name', 200).exactOptional() });
export const KeyRequest = z.strictObject({ key: publicKey });

/** What is null is as it is unless given. */
export const SettingsRequest = z.strictObject({
  rtspPath: rtspPath.nullable().exactOptional(),
  rtspUser: rtspUser.nullable().exactOptional(),
  rtspPassword: rtspPassword.nullable().exactOptional(),
  profile: profile.nullable().exactOptional(),
});
export const SettingsAnswer = z.object({
  changes: z.array(SettingChange),
  /** Whether the camera is connected, so that its recording began anew. */
  connected: z.boolean(),
});

export const SegmentsRequest = PageRequest.extend({
  from: time,
  to: time,
  after: z
    .string()
    .regex(/^-?\d{1,15}_[0-9a-f]{64}$/)
    .transform((cursor) => {
      const [startMs, sha256 = ''] = cursor.split('_');
      return { startMs: Number(startMs), sha256 };
    })
    .optional(),
});
const segment = z.object({
  ...name,
  startMs: ms,
  durationMs: ms,
  bytes: z.number(),
  sha256: z.string(),
  state: z.enum(['spooled', 'stored']),
  objectKey: z.string().optional(),
  checksum: z.string().optional(),
  etag: z.string().optional(),
  storedMs: ms.optional(),
});
export type LedgerSegment = Sent<typeof segment>;
export const SegmentsAnswer = z.object({ segments: z.array(segment), ...page });
export type SegmentsAnswer = Sent<typeof SegmentsAnswer>;

/** What a camera does now, in words for owners. */
export const cameraNow = {
  name: z.string(),
  isRecording: z.boolean(),
  state: z.enum(['recording', ...gapCauses]),
  sinceMs: ms,
  lastFootageAtMs: ms.optional(),
  slowLine: slowLine.optional().meta({
    description: 'While pictures wait for the line from the camera, so that some may be missing.',
  }),
};
export const OwnCamerasAnswer = z.object({
  nowMs: ms,
  cameras: z.array(
    z.object({
      ...cameraNow,
      live: z.boolean().meta({ description: 'Whether it can be watched live.' }),
    }),
  ),
});
export type OwnCamerasAnswer = Sent<typeof OwnCamerasAnswer>;
export type OwnCamera = OwnCamerasAnswer['cameras'][number];
