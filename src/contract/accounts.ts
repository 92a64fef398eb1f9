import * as z from 'zod';
import { count, ms, page, type Sent } from './answer.ts';
import { streamSettings, userComesWithPassword } from './cameras.ts';

export const AccountAnswer = z.object({
  name: z.string(),
  createdMs: ms,
  /** How many it has, not counting removed ones. */
  cameras: count,
  formerNames: z.array(z.string()),
});
export type Account = Sent<typeof AccountAnswer>;

export const AccountsAnswer = z.object({ accounts: z.array(AccountAnswer), ...page });

export const RenamedAccountAnswer = z.object({
  /** How many cameras dial in anew, since they were connected. */
  disconnected: count,
  /** The user names of its viewers, which stay as they are. */
  viewers: z.array(z.string()),
  /** With `CAMERA` for a camera's name; empty without a gateway. The best comes first. */
  addresses: z.array(z.string()),
});
export type RenamedAccountAnswer = Sent<typeof RenamedAccountAnswer>;

export const AccountRemovalRequest = z.strictObject({
  cameras: z.enum(['true', 'false'], { error: () => 'cameras must be true or false' }).optional(),
});

export const TimeZoneRequest = z.strictObject({
  timeZone: z.string({ error: () => 'The time zone must be text' }).max(200),
});

/** What lets unknown keys in as new cameras of an account. The token itself is not kept. */
const TokenAnswer = z.object({
  /** The token's first characters: they name it. */
  id: z.string(),
  account: z.string(),
  uses: count,
  used: count,
  createdMs: ms,
  expiresMs: ms,
  revokedMs: ms.optional(),
});
export type Token = Sent<typeof TokenAnswer>;

export const TokensAnswer = z.object({ tokens: z.array(TokenAnswer) });
export type TokensAnswer = Sent<typeof TokensAnswer>;

const minute = 60_000;
const year = 366 * 24 * 60 * minute;
const maxUses = 10_000;
const usesRule = { error: () => `A token has 1 to ${maxUses} uses` };
const lifeRule = { error: () => 'A token lives from a minute to a year' };

export const TokenRequest = z
  .strictObject({
    uses: z.int(usesRule).min(1, usesRule).max(maxUses, usesRule),
    lifeMs: z.int(lifeRule).min(minute, lifeRule).max(year, lifeRule),
    ...streamSettings,
  })
  .refine(...userComesWithPassword);

/** The one time that the token itself is told. */
export const NewTokenAnswer = TokenAnswer.extend({ token: z.string() });
export type NewTokenAnswer = Sent<typeof NewTokenAnswer>;
