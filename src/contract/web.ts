import * as z from 'zod';
import { absentStates, connectedStates } from '../model/camera-state.ts';
import { AlertAnswer, ChannelTrouble } from './alerts.ts';
import { ms, type Sent } from './answer.ts';
import { cameraNow } from './cameras.ts';
import { sums } from './continuity.ts';
import { serverTroubles, SpoolStatus, UploadStatus } from './status.ts';

export const LoginRequest = z.strictObject({
  account: z.string().max(63).optional().meta({ description: 'Absent or empty: of an operator.' }),
  user: z.string().min(1).max(64),
  password: z.string().min(1).max(200),
});

const csrf = z.string().meta({ description: 'For the header x-csrf-token of what is not GET.' });

/** Who is logged in. */
export const SessionAnswer = z.discriminatedUnion('role', [
  z.object({
    role: z.literal('viewer'),
    account: z.string(),
    user: z.string(),
    timeZone: z.string(),
    csrf,
  }),
  z.object({ role: z.literal('operator'), user: z.string(), csrf }),
]);
export type SessionAnswer = Sent<typeof SessionAnswer>;

export const SessionsAnswer = z.object({
  sessions: z
    .array(
      z.object({
        createdMs: ms,
        usedMs: ms.meta({ description: 'To the hour.' }),
        address: z.string().optional(),
        agent: z.string().optional().meta({ description: 'What the browser calls itself.' }),
        isThis: z.boolean(),
      }),
    )
    .meta({ description: 'The newest first.' }),
});
export type SessionsAnswer = Sent<typeof SessionsAnswer>;
export type SessionShown = SessionsAnswer['sessions'][number];

const delivery = AlertAnswer.shape.deliveries.element;

/** The whole fleet, for those who run it. */
export const OverviewAnswer = z.object({
  nowMs: ms,
  version: z.string(),
  cameras: z
    .array(
      z.object({
        account: z.string(),
        ...cameraNow,
        doing: z.enum([...connectedStates, ...absentStates]),
        isNew: z.boolean(),
        detail: z.string(),
        last24h: z.object(sums),
      }),
    )
    .meta({ description: 'Those that miss most first.' }),
  uploads: UploadStatus,
  spool: SpoolStatus,
  serverTroubles,
  alerts: z.array(
    AlertAnswer.pick({
      id: true,
      account: true,
      contactName: true,
      kind: true,
      text: true,
      createdMs: true,
    }).extend({
      // Without addresses, which may hold secrets, as those of webhooks do.
      deliveries: z.array(delivery.pick({ kind: true, channel: true, state: true, sinceMs: true })),
    }),
  ),
  alertsFailing: z.array(ChannelTrouble),
});
export type OverviewAnswer = Sent<typeof OverviewAnswer>;
