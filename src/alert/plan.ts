import { randomBytes } from 'node:crypto';
import type { ChannelKind } from './channel.ts';
import type { EventCamera, JudgedEvent } from './incident.ts';
import { isWithin } from '../lib/time.ts';
import { textOf } from './texts.ts';
import type { NewAlertMessage, NewDelivery } from '../model/alert.ts';
import type { AlertMessage } from '../contract/alerts.ts';
import type { ContactAddress, QuietHours } from '../model/contact.ts';

/** Somebody who is to be told. */
export interface Recipient {
  /** Absent: the operator. */
  readonly account?: string;
  readonly contactId?: number;
  readonly name: string;
  readonly addresses: readonly ContactAddress[];
  readonly quiet?: QuietHours;
  /** An IANA name. */
  readonly timeZone: string;
}

export interface PlanOptions {
  /** All there are, those to be tried first first. */
  readonly channels: readonly { readonly name: string; readonly kind: ChannelKind }[];
  readonly maxPerContactAndHour: number;
  /** How many messages a recipient got since then, or is to get. */
  readonly messagesSince: (account: string | undefined, name: string, sinceMs: number) => number;
}

const hourMs = 3_600_000;

/** Each event has its own, over restarts too. */
const keyOf = ({ account = '', kind, atMs, detail = '' }: JudgedEvent): string =>
  `${account}/${kind}/${atMs}/${detail}`;

/** What a recipient is told of an event: at once, or together with others when it may be told. */
export function messageOf(
  event: JudgedEvent,
  to: Recipient,
  nowMs: number,
  options: PlanOptions,
): NewAlertMessage {
  const heldFor = event.kind === 'test' ? undefined : reasonToHold(to, nowMs, options);
  const { account, contactId } = to;
  return {
    id: randomBytes(10).toString('hex'),
    account,
    contactId,
    contactName: to.name,
    eventKey: keyOf(event),
    kind: event.kind,
    event,
    ...textOf(event, to.timeZone),
    createdMs: nowMs,
    ...(heldFor === undefined ? {} : { heldFor }),
    deliveries: deliveriesOf(to.addresses, options),
  };
}

/** Why a recipient is not to be told now, if so. */
export function reasonToHold(
  { account, name, quiet, timeZone }: Recipient,
  nowMs: number,
  { maxPerContactAndHour, messagesSince }: PlanOptions,
): 'quiet' | 'rate' | undefined {
  if (quiet !== undefined && isWithin(quiet, nowMs, timeZone)) return 'quiet';
  return messagesSince(account, name, nowMs - hourMs) >= maxPerContactAndHour ? 'rate' : undefined;
}

/** Each address by each channel that reaches it. */
const deliveriesOf = (
  addresses: readonly ContactAddress[],
  { channels }: PlanOptions,
): NewDelivery[] =>
  addresses.flatMap(({ kind, address }) =>
    channels
      .filter((channel) => channel.kind === kind)
      .map((channel) => ({ kind, channel: channel.name, address })),
  );

/** What was held back for a recipient, as one event. */
export function digestOf(held: readonly AlertMessage[], nowMs: number): JudgedEvent | undefined {
  // They were written as that.
  const events = held.map(({ event }) => event as JudgedEvent);
  const [first] = events;
  if (first === undefined) return undefined;
  if (events.length === 1) return { ...first, atMs: nowMs };
  const cameras = new Map<string, EventCamera>();
  for (const event of events) {
    for (const camera of event.cameras) {
      cameras.set(camera.name, after(cameras.get(camera.name), camera));
    }
  }
  const { account } = first;
  return {
    kind: 'digest',
    account,
    cameras: [...cameras.values()],
    atMs: nowMs,
    ...(cameras.size === 0 ? { detail: held.map(({ text }) => text).join('; ') } : {}),
  };
}

/** A camera of an earlier event, and what came of it. */
function after(before: EventCamera | undefined, camera: EventCamera): EventCamera {
  // That it stopped and that it records again are two events of one stop.
  if (before?.againMs === undefined) return camera;
  const stops = (before.stops ?? 1) + (camera.stops ?? 1);
  const missedMs = (before.missedMs ?? 0) + (camera.missedMs ?? 0);
  return { ...camera, sinceMs: before.sinceMs, stops, missedMs };
}
