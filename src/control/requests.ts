import * as z from 'zod';
import { OperatorError } from '../lib/errors.ts';

const maxPage = 1000;

const limit = z.coerce.number().int().min(1).max(maxPage).default(maxPage);
const time = z.coerce.number().int();

const line = (name: string, max: number) =>
  z
    .string({ error: () => `${name} must be text` })
    .min(1, { error: () => `${name} is empty` })
    .max(max, { error: () => `${name} is longer than ${max} characters` })
    .regex(/^\P{Cc}*$/u, { error: () => `${name} has control characters in it` });

export const newAccount = z.strictObject({ name: line('The name', 200) });

const publicKey = z
  .string({ error: () => 'A public key is missing' })
  .max(16_384, { error: () => 'The key is too long to be one public key' });

const stream = {
  // It becomes part of an rtsp:// address as it is.
  rtspPath: line('The RTSP path', 500)
    .regex(/^\/[\x21-\x7e]*$/, {
      error: () => 'The RTSP path must begin with / and have no spaces, such as /unicast',
    })
    .exactOptional(),
  rtspUser: line('The RTSP user', 200).exactOptional(),
  rtspPassword: line('The RTSP password', 200).exactOptional(),
  profile: z
    .enum(['copy', 'downsample'], { error: () => 'The profile must be copy or downsample' })
    .exactOptional(),
};

/** What is null is as it is unless given. */
export const streamChanges = z.strictObject({
  rtspPath: stream.rtspPath.unwrap().nullable().exactOptional(),
  rtspUser: stream.rtspUser.unwrap().nullable().exactOptional(),
  rtspPassword: stream.rtspPassword.unwrap().nullable().exactOptional(),
  profile: stream.profile.unwrap().nullable().exactOptional(),
});

const userComesWithPassword = (given: {
  readonly rtspUser?: string;
  readonly rtspPassword?: string;
}): boolean => given.rtspPassword === undefined || given.rtspUser !== undefined;
const passwordAlone = { error: () => 'An RTSP password needs an RTSP user' };

export const newCamera = z
  .strictObject({
    account: line('The account', 200),
    name: line('The name', 200),
    key: publicKey,
    ...stream,
  })
  .refine(userComesWithPassword, passwordAlone);

const minute = 60_000;
const year = 366 * 24 * 60 * minute;
const maxUses = 10_000;

const usesRule = { error: () => `A token has 1 to ${maxUses} uses` };
const lifeRule = { error: () => 'A token lives from a minute to a year' };

export const newToken = z
  .strictObject({
    uses: z.int(usesRule).min(1, usesRule).max(maxUses, usesRule),
    lifeMs: z.int(lifeRule).min(minute, lifeRule).max(year, lifeRule),
    ...stream,
  })
  .refine(userComesWithPassword, passwordAlone);

export const newName = z.strictObject({ name: line('The name', 200) });

export const adoption = z.strictObject({ name: line('The name', 200).exactOptional() });

export const newKey = z.strictObject({ key: publicKey });

export const page = z.strictObject({ limit, after: z.string().max(200).optional() });

export const cameraPage = page.extend({ account: z.string().max(200).optional() });

export const segmentPage = page.extend({
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

export const continuityRange = z
  .strictObject({ from: time, to: time })
  .refine(({ from, to }) => from < to, { error: () => 'from must be before to' });

export const verifyScope = z.strictObject({
  account: z.string().max(200).optional(),
  from: time,
  to: time,
  deep: z.enum(['true', 'false'], { error: () => 'deep must be true or false' }).default('false'),
});

/** What came in, checked. All that is wrong with it is in the error, a sentence each. */
export function parseRequest<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message, code }) =>
    code === 'invalid_type' || code === 'unrecognized_keys'
      ? `${path.join('.') || 'The request'}: ${message}`
      : message,
  );
  throw new OperatorError(`${problems.join('. ')}.`);
}
