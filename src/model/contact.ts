export const addressKinds = ['sms', 'email', 'webhook'] as const;
export type AddressKind = (typeof addressKinds)[number];

/** A number with its +, an e-mail address, or a URL. */
export interface ContactAddress {
  readonly kind: AddressKind;
  readonly address: string;
}

/** A stretch of each day, `HH:MM` in the account's time zone; it may pass midnight. */
export interface QuietHours {
  readonly from: string;
  readonly to: string;
}

/** Somebody who is told when a camera of an account stops. */
export interface ContactPerson {
  readonly account: string;
  readonly name: string;
  /** In the order in which they are tried. */
  readonly addresses: readonly ContactAddress[];
  readonly quiet?: QuietHours;
}

/** One that is in the ledger. */
export interface KnownContact extends ContactPerson {
  readonly id: number;
  /** Milliseconds since 1970 UTC. */
  readonly createdMs: number;
}

/** What is absent stays as it is. */
export interface ContactChanges {
  readonly name?: string;
  /** All of them, in the order in which they are tried. */
  readonly addresses?: readonly ContactAddress[];
  /** null: none. */
  readonly quiet?: QuietHours | null;
}
