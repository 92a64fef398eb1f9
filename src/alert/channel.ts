/** One camera in an event. */
export interface AlertCamera {
  readonly name: string;
  /** When its newest playable footage ended, milliseconds since 1970 UTC. */
  readonly sinceMs: number;
  /** Why there is no footage, as the ledger names it. */
  readonly cause?: string;
  /** The cause in words, for people. */
  readonly detail?: string;
  /** How much was missed; only once the camera records again. */
  readonly missedMs?: number;
}

/** What happened, as plain JSON data. */
export interface AlertEvent {
  /** Such as `not-recording`, `recording-again`, `slow-line`, `digest`, `test`. */
  readonly kind: string;
  /** Absent if the event is for the operator and concerns no account. */
  readonly account?: string;
  readonly cameras: readonly AlertCamera[];
  /** Milliseconds since 1970 UTC. */
  readonly atMs: number;
}

/** One message to one address. */
export interface OutgoingMessage {
  /** The idempotency key: unique per event and contact, stable over restarts. {@link isMessageId} */
  readonly id: string;
  /** A number (E.164, with +), an e-mail address or a URL, depending on {@link Channel.kind}. */
  readonly to: string;
  /** Fits one SMS where possible: 160 characters of GSM-7, or 70 of UCS-2. */
  readonly text: string;
  /** For e-mail. */
  readonly subject: string;
  /** For webhooks. */
  readonly event: AlertEvent;
  /** Milliseconds since 1970 UTC. */
  readonly createdMs: number;
}

const messageId = /^[a-z0-9-]{1,36}$/;

/** Whether `id` is a valid message id: 1 to 36 of a-z, 0-9 and `-`. */
export const isMessageId = (id: string): boolean => messageId.test(id);

/** A carrier has accepted a message. */
export interface Accepted {
  /** The carrier's id of the message, if it gave one. */
  readonly carrierId?: string;
  /** `delivered` if the message has arrived and no reports will follow; else reports may follow. */
  readonly final: 'accepted' | 'delivered';
  /** The carrier's response, shortened, without secrets. */
  readonly detail?: string;
}

/** A carrier has not confirmed a message. The error's message is one line without secrets. */
export class SendError extends Error {
  override name = 'SendError';
  /**
   * `refused`: the carrier won't accept this message later either. `temporary`: it may, perhaps
   * after the operator has acted (wrong password, no credit, wrong address of the carrier).
   */
  readonly kind: 'refused' | 'temporary';
  /** The request went out but no response came: the carrier may have accepted the message. */
  readonly maybeSent: boolean;
  /** How long the carrier asks us to wait, if it does. */
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
  /** The name in reports and logs: `kannel`, `twilio`, `sns`, `smtp`, `webhook` … */
  readonly name: string;
  readonly kind: ChannelKind;
  /**
   * Whether a message may safely be sent twice, because the receiver recognizes it by its id.
   */
  readonly resendIsHarmless: boolean;
  /**
   * Has its own timeouts. When `signal` aborts midway, the error says whether the message may have
   * been sent.
   *
   * @throws {SendError} and nothing else
   */
  send(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted>;
  /**
   * Asks the carrier, after a crash or a lost response, whether it has the message. Absent if the
   * carrier can't tell.
   *
   * @throws {SendError} `refused` if the carrier had the message and gave it up; `temporary` if the
   *   carrier can't be asked now
   */
  find?(message: OutgoingMessage, signal: AbortSignal): Promise<Accepted | 'not sent' | 'unknown'>;
}

/** What a carrier reports about a message after having accepted it. */
export interface DeliveryReport {
  readonly messageId: string;
  /** `accepted`: on its way; resolves a doubt about whether the carrier got the message. */
  readonly state: 'accepted' | 'delivered' | 'failed';
  readonly carrierId?: string;
  readonly detail?: string;
}
