import * as z from 'zod';
import { ms, page, PageRequest, type Sent } from './answer.ts';

const name = z
  .string({ error: () => 'The name must be text' })
  .max(200, { error: () => 'The name is longer than 200 characters' });
/** A strong one is made unless one is given. */
const password = z
  .string({ error: () => 'The password must be text' })
  .max(200, { error: () => 'The password is longer than 200 characters' })
  .exactOptional();

/** Somebody who may watch an account's cameras. */
const Viewer = z.object({
  account: z.string(),
  /** The user name. */
  name: z.string(),
  /** The only cameras of the account that this viewer may watch; absent: all, those to come too. */
  cameras: z.array(z.string()).optional(),
  createdMs: ms,
  passwordSetMs: ms,
});
export type Viewer = Sent<typeof Viewer>;

export const ViewersRequest = PageRequest.extend({ account: name.optional() });
export const ViewersAnswer = z.object({ viewers: z.array(Viewer), ...page });

export const ViewerRequest = z.strictObject({
  account: name,
  name,
  password,
  cameras: z.array(name).min(1).max(1_000).exactOptional(),
});
export const PasswordRequest = z.strictObject({ password });

/** If it was made by the daemon. It is told this once, and not kept. */
const madePassword = z.string().optional();

export const LoginAnswer = z.object({
  viewer: Viewer,
  password: madePassword,
  /** With `CAMERA` for a camera's name; empty without a gateway. The best comes first. */
  addresses: z.array(z.string()),
});
export type LoginAnswer = Sent<typeof LoginAnswer>;

/** Somebody who watches by the gateway. */
const ViewerStatus = z.object({
  account: z.string(),
  camera: z.string(),
  /** The user name. */
  viewer: z.string(),
  address: z.string(),
  secure: z.boolean(),
  /** What the player says it is. */
  player: z.string(),
  state: z.enum(['ready', 'playing', 'paused']),
  sinceMs: ms,
  /** Sent to the viewer so far, before encryption. */
  bytes: z.number(),
});
export type ViewerStatus = Sent<typeof ViewerStatus>;

export const WatchersAnswer = z.object({
  /** Whether there is one. */
  gateway: z.boolean(),
  watchers: z.array(ViewerStatus),
});
export type WatchersAnswer = Sent<typeof WatchersAnswer>;

export const AddressesAnswer = z.object({
  /** Empty without a gateway. The best comes first. */
  addresses: z.array(z.string()),
});

/** Somebody who may see the cameras of all accounts in a browser. */
const Operator = z.object({ name: z.string(), createdMs: ms, passwordSetMs: ms });
export type Operator = Sent<typeof Operator>;

export const OperatorsAnswer = z.object({ operators: z.array(Operator) });

export const OperatorRequest = z.strictObject({ name: z.string().max(200), password });
export const OperatorAnswer = z.object({ operator: Operator, password: madePassword });
export type OperatorAnswer = Sent<typeof OperatorAnswer>;
