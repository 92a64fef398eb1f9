/** One camera in an event. */
export interface AlertCamera {
  readonly name: string;
  /** When its newest playable footage ended, milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Why there is none, as the ledger names it. */
  readonly cause?: string;
  /** The cause in words, for people. */
  readonly detail?: string;
  /** How much was missed, once it records again. */
  readonly missedMs?: number;
}

/** What happened, as plain JSON data: webhooks hand it on as it is. */
export interface AlertEvent {
  /** Such as `not-recording`, `recording-again`, `digest`, `test`. */
  readonly kind: string;
  /** Absent: it is for the operator, and of no account. */
  readonly account?: string;
  readonly cameras: readonly AlertCamera[];
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** One message to one address. */
export interface OutgoingMessage {
  /** The idempotency key: unique per event and contact, stable over restarts. {@link isMessageId} */
  readonly id: string;
  /** A number (E.164, with +), an e-mail address or a URL, as {@link Channel.kind} has it. */
  readonly to: string;
  /** For SMS of one part where possible: 160 characters of GSM-7, or 70 of UCS-2. */
  readonly text: string;
  /** Of an e-mail. */
  readonly subject: string;
  /** For webhooks. */
  readonly event: AlertEvent;
  /** Milliseconds since 1970 UTC. */
  readonly createdMs: number;
}

const messageId = /^[a-z0-9-]{1,36}$/;

/** Whether `id` can be a message's: 1 to 36 of a-z, 0-9 and `-`. */
export const isMessageId = (id: string): boolean => messageId.test(id);

/** A carrier has taken a message over. */
export interface Accepted {
  /** The carrier's own name for the message, if it gave one. */
  readonly carrierId?: string;
  /** `delivered` if nothing more will be heard of it and it is there; else reports may follow. */
  readonly final: 'accepted' | 'delivered';
  /** What the carrier said, cut short, without secrets. */
  readonly detail?: string;
}

/** A carrier has not taken a message over, or not said so. The message is one line without secrets. */
export class SendError extends Error {
  override name = 'SendError';
  /**
   * `refused`: the same message won't be taken later either. `temporary`: it may be, or the operator
   * can mend it (wrong password, no credit, wrong address of the carrier).
   */
  readonly kind: 'refused' | 'temporary';
  /** The request went out and no answer came: the carrier may have taken it. */
  readonly maybeSent: boolean;
  /** How long the carrier asks to be left alone, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    options: ErrorOptions & {
      readonly kind: 'refused' | 'temporary';
      readonly maybeSent?: boolean;
      readonly retryAfterMs?: number;
    },
  ) {
    super(message, options);
    this.kind = options.kind;
    this.maybeSent = options.maybeSent ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

export type ChannelKind = 'sms' | 'email' | 'webhook';

/** A way to reach people. */
export interface Channel extends AsyncDisposable {
  /** As reports and logs name it: `kannel`, `twilio`, `sns`, `smtp`, `webhook` … */
  readonly name: string;
  readonly kind: ChannelKind;
  /**
   * Whether to send a message again that may have been sent does no harm, since the receiver knows it
   * by its id.
   */
  readonly resendIsHarmless: boolean;
  /**
   * Has its own limits of time. When `signal` aborts midway the error says whether the message may
   * have been sent.
   *
   * @throws {SendError} and nothing else
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted>;
  /**
   * After a crash or a lost answer: has the carrier got it? Absent: it can't tell.
   *
   * @throws {SendError} `refused` if the carrier had it and gave it up; `temporary` if it can't be asked now
   */
  find?(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted | 'not sent' | 'unknown'>;
}

/** What a carrier says of a message after having taken it. */
export interface DeliveryReport {
  readonly messageId: string;
  /** `accepted`: it is on its way (it may have been in doubt whether the carrier got it). */
  readonly state: 'accepted' | 'delivered' | 'failed';
  readonly carrierId?: string;
  readonly detail?: string;
}
