import * as z from 'zod';
import { count, type Sent, time } from './answer.ts';

export const VerifyRequest = z.strictObject({
  account: z.string().max(200).optional(),
  from: time,
  to: time,
  deep: z.enum(['true', 'false'], { error: () => 'deep must be true or false' }).default('false'),
});

/** What is wrong with an object, or with what the ledger says of it. */
export const problemKinds = [
  /** The ledger has it as stored, and the bucket doesn't hold it. */
  'missing',
  'wrong size',
  /** It was read, and is not what its name says. */
  'wrong content',
  /** It could not be read, though the bucket shows it. */
  'unreadable',
  /** It looks like a segment, and the ledger doesn't know of it. */
  'unknown',
  /** It is no segment. */
  'strange',
  /** The ledger has it under a key that does not begin as the configuration says. */
  'elsewhere',
] as const;
export type ProblemKind = (typeof problemKinds)[number];

const Problem = z.object({
  kind: z.enum(problemKinds),
  key: z.string(),
  /** In plain words; may be empty. */
  detail: z.string(),
});
export type Problem = Sent<typeof Problem>;

/** How far it got, and at the end, what there was. */
const VerifySums = z.object({
  /** Camera names that were gone through, of those found so far. */
  cameras: count,
  ofCameras: count,
  /** Objects that are as the ledger says. */
  objects: count,
  bytes: z.number(),
  /** Of them, those whose content was read. */
  read: count,
  /** Segments that are in the spool still, or just being uploaded. */
  underWay: count,
  problems: z.record(z.enum(problemKinds), count),
});
export type VerifySums = Sent<typeof VerifySums>;

/** One line of the answer. `sums` or `failed` is the last; without either it was cut. */
export const VerifyEvent = z.discriminatedUnion('type', [
  Problem.extend({ type: z.literal('problem') }),
  VerifySums.extend({ type: z.literal('progress') }),
  VerifySums.extend({
    type: z.literal('sums'),
    /** Accounts of other ledgers that share the bucket. They were not looked at. */
    otherAccounts: z.array(z.string()),
  }),
  z.object({ type: z.literal('failed'), error: z.string() }),
]);
export type VerifyEvent = Sent<typeof VerifyEvent>;
