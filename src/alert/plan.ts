import { randomBytes } from 'node:crypto';
import type { ChannelKind } from './channel.ts';
import type { EventCamera, JudgedEvent } from './incident.ts';
import { isWithin } from '../lib/time.ts';
import { textOf } from './texts.ts';
import type { NewAlertMessage, NewDelivery } from '../model/alert.ts';
import type { AlertMessage } from '../contract/alerts.ts';
import type { ContactAddress, QuietHours } from '../model/contact.ts';

/** Who gets a message. */
export interface Recipient {
  /** Absent for the operator. */
  readonly account?: string;
  readonly contactId?: number;
  readonly name: string;
  readonly addresses: readonly ContactAddress[];
  readonly quiet?: QuietHours;
  /** IANA name of the time zone. */
  readonly timeZone: string;
}

export interface PlanOptions {
  /** All channels, in the order in which they are tried. */
  readonly channels: readonly { readonly name: string; readonly kind: ChannelKind }[];
  readonly maxPerContactAndHour: number;
  /** How many messages a recipient has got since then or will get. */
  readonly messagesSince: (account: string | undefined, name: string, sinceMs: number) => number;
}

const hourMs = 3_600_000;

/** Unique per event, and stable over restarts. */
const keyOf = ({ account = '', kind, atMs, detail = '' }: JudgedEvent): string =>
  `${account}/${kind}/${atMs}/${detail}`;

/** The message about an event to a recipient. It is held back if they may not be told now. */
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

/** Why a recipient may not be told now; undefined if they may. */
export function reasonToHold(
  { account, name, quiet, timeZone }: Recipient,
  nowMs: number,
  { maxPerContactAndHour, messagesSince }: PlanOptions,
): 'quiet' | 'rate' | undefined {
  if (quiet !== undefined && isWithin(quiet, nowMs, timeZone)) return 'quiet';
  return messagesSince(account, name, nowMs - hourMs) >= maxPerContactAndHour ? 'rate' : undefined;
}

/** One delivery for each address and each channel that reaches it. */
const deliveriesOf = (
  addresses: readonly ContactAddress[],
  { channels }: PlanOptions,
): NewDelivery[] =>
  addresses.flatMap(({ kind, address }) =>
    channels
      .filter((channel) => channel.kind === kind)
      .map((channel) => ({ kind, channel: channel.name, address })),
  );

/** A recipient's held messages as one event. */
export function digestOf(held: readonly AlertMessage[], nowMs: number): JudgedEvent | undefined {
  // messageOf() wrote them as JudgedEvent.
  const events = held.map(({ event }) => event as JudgedEvent);
  const [first] = events;
  if (first === undefined) return undefined;
  if (events.length === 1) return { ...first, atMs: nowMs };
  const cameras = new Map<string, EventCamera>();
  /** Of events that are not of stops. */
  const texts: string[] = [];
  for (const [i, event] of events.entries()) {
    if (event.cameras.length === 0 || event.kind === 'slow-line') texts.push(held[i]?.text ?? '');
    else {
      for (const camera of event.cameras) {
        cameras.set(camera.name, after(cameras.get(camera.name), camera));
      }
    }
  }
  const { account } = first;
  return {
    kind: 'digest',
    account,
    cameras: [...cameras.values()],
    atMs: nowMs,
    ...(texts.length === 0 ? {} : { detail: texts.join('; ') }),
  };
}

/** Merges a camera of an earlier event with the same camera of a later one. */
function after(before: EventCamera | undefined, camera: EventCamera): EventCamera {
  // The stop and its end are two events of one stop: the later one says all.
  if (before?.againMs === undefined) return camera;
  const stops = (before.stops ?? 1) + (camera.stops ?? 1);
  const missedMs = (before.missedMs ?? 0) + (camera.missedMs ?? 0);
  return { ...camera, sinceMs: before.sinceMs, stops, missedMs };
}
