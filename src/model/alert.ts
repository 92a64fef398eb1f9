import type { AddressKind } from './contact.ts';

/** What became of one way by which a message goes. */
export const deliveryStates = [
  /** Its turn comes if those before it fail. */
  'waiting',
  'queued',
  'sending',
  /** It may have been sent: the program or the carrier failed midway. */
  'doubtful',
  /** The carrier has it. */
  'accepted',
  /** It arrived. */
  'delivered',
  'failed',
  /** Another way has done it. */
  'unneeded',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

export interface NewDelivery {
  readonly kind: AddressKind;
  readonly channel: string;
  readonly address: string;
}

interface MessageText {
  /** 1 to 33 of a-z, 0-9 and `-`. */
  readonly id: string;
  /** Absent: it is for the operator. */
  readonly account?: string;
  readonly contactName: string;
  readonly kind: string;
  /** Plain JSON data. */
  readonly event: unknown;
  readonly text: string;
  readonly subject: string;
  readonly createdMs: number;
  /** Why it waits, to be told together with others. */
  readonly heldFor?: 'quiet' | 'rate';
}

export interface NewAlertMessage extends MessageText {
  readonly contactId?: number;
  /** No contact is told twice of one event. */
  readonly eventKey: string;
  /** In the order in which they are tried. */
  readonly deliveries: readonly NewDelivery[];
}

export interface DeliveryName {
  readonly message: string;
  readonly position: number;
}

/** A delivery that something is to be done about, with all that is needed for it. */
export interface OpenDelivery extends DeliveryName, NewDelivery {
  readonly state: 'queued' | 'doubtful';
  readonly attempts: number;
  readonly sinceMs: number;
  readonly eventKind: string;
  readonly event: unknown;
  readonly text: string;
  readonly subject: string;
  readonly createdMs: number;
  /** Whether the contact is still reached there; it may have been changed since. */
  readonly isWanted: boolean;
}

export interface DeliveryChange {
  readonly state: DeliveryState;
  readonly nowMs: number;
  readonly nextMs?: number;
  readonly carrierId?: string | undefined;
  readonly detail?: string | undefined;
}

/** What is decided at once: all of it is on the disk, or nothing. */
export interface AlertDecision {
  /** JSON; undefined: there is nothing more to keep of that subject. */
  readonly judgements?: readonly (readonly [subject: string, state: unknown])[];
  readonly messages?: readonly NewAlertMessage[];
  /** Held messages that are told by another. */
  readonly merged?: readonly {
    readonly ids: readonly string[];
    /** undefined: they are told to nobody, since their contact is gone. */
    readonly into: string | undefined;
  }[];
}
