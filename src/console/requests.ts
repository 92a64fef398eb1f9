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

export const newCamera = z
  .strictObject({
    account: line('The account', 200),
    name: line('The name', 200),
    key: z.string().max(16_384, { error: () => 'The key is too long to be one public key' }),
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
  })
  .refine(({ rtspUser, rtspPassword }) => rtspPassword === undefined || rtspUser !== undefined, {
    error: () => 'An RTSP password needs an RTSP user',
  });

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
