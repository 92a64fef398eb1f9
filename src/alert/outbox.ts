import type { AlertQueries } from '../ledger/alerts.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import { type Accepted, type Channel, type DeliveryReport, SendError } from './channel.ts';
import { ChannelHealth } from './channel-health.ts';
import type { ChannelTrouble } from '../contract/alerts.ts';
import { outgoing, readMessageId, wayOf } from './outgoing.ts';
import type { DeliveryName, NewDelivery, OpenDelivery } from '../model/alert.ts';

export interface OutboxLedger {
  readonly alerts: Pick<
    AlertQueries,
    'doubtInterrupted' | 'due' | 'changeDelivery' | 'readdress' | 'tryNext' | 'settle' | 'sentSince'
  >;
}

export interface OutboxTimes {
  /** If a response takes longer, the next way is tried too. */
  readonly patienceMs: number;
  /** How long to wait before asking a carrier about a message that may have been sent. */
  readonly findAfterMs: number;
  /** How long to wait for a carrier's report about a message that may have been sent. */
  readonly doubtMs: number;
  /** Back-off between two attempts. */
  readonly retry: { readonly minMs: number; readonly maxMs: number };
  /** Older messages are no longer sent. */
  readonly maxAgeMs: number;
}

export const defaultTimes: OutboxTimes = {
  patienceMs: 5_000,
  findAfterMs: 3_000,
  doubtMs: 20_000,
  retry: { minMs: 2_000, maxMs: 60_000 },
  maxAgeMs: 6 * 3_600_000,
};

export interface OutboxOptions {
  readonly ledger: OutboxLedger;
  readonly channels: readonly Channel[];
  /**
   * Names of the channels whose carriers report every message that they accept. For these, no
   * report means that a doubtful message was not sent.
   */
  readonly reporting: ReadonlySet<string>;
  /** Over all accounts. Messages beyond the limit wait, and other ways are tried. */
  readonly maxSmsPerHour: number;
  readonly times?: Partial<OutboxTimes>;
  readonly clock: Clock;
  readonly log: Log;
}

const atOncePerWay = 4;
const lookedAt = 1_000;
const idleMs = 1_000;
const hourMs = 3_600_000;
const limitWaitMs = 60_000;

/** Kinds of events that are better lost than sent twice. */
const dispensable: ReadonlySet<string> = new Set([
  'recording-again',
  'slow-line',
  'trouble-over',
  'test',
]);

/**
 * Sends the due messages of the ledger. Each step is on the disk before the next begins, so that a
 * crash loses no message and, as far as the carrier lets us find out, sends none twice.
 */
export class Outbox implements AsyncDisposable {
  readonly #options: OutboxOptions;
  readonly #times: OutboxTimes;
  readonly #channels: ReadonlyMap<string, Channel>;
  readonly #health: ChannelHealth;
  readonly #gate: FloodGate;
  readonly #scope = new Scope();
  /** Attempts under way, by delivery. */
  readonly #running = new Map<string, { readonly way: string; readonly done: Promise<void> }>();
  /** Deliveries whose outcome could not be written to the ledger, such as on a full disk. */
  readonly #unnoted: DeliveryName[] = [];
  readonly #loop: Promise<void>;
  #nap: Scope | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#times = { ...defaultTimes, ...options.times };
    this.#channels = new Map(options.channels.map((channel) => [channel.name, channel]));
    this.#health = new ChannelHealth(options.clock, this.#times.retry);
    this.#gate = new FloodGate(options.log);
    const doubtful = options.ledger.alerts.doubtInterrupted(options.clock.wallNow());
    if (doubtful > 0) {
      options.log.warn(
        'alerts were being sent when the daemon ended; checking whether they went out',
        {
          count: doubtful,
        },
      );
    }
    this.#loop = this.#run();
  }

  /** Looks for due messages at once. */
  wake(): void {
    this.#nap?.end();
  }

  /** The channels that are failing, for the operator. */
  failing(): ChannelTrouble[] {
    return this.#health.all();
  }

  /** Takes a carrier's report about a message. It is on the disk when this returns. */
  report({ messageId, state, carrierId, detail }: DeliveryReport): void {
    const { ledger, clock, log } = this.#options;
    const delivery = readMessageId(messageId);
    if (delivery === undefined) return;
    const nowMs = clock.wallNow();
    const pending = ['sending', 'doubtful', 'queued'] as const;
    const from = state === 'accepted' ? pending : ([...pending, 'accepted'] as const);
    if (!ledger.alerts.changeDelivery(delivery, from, { state, nowMs, carrierId, detail })) return;
    if (state === 'failed') {
      log.warn('an alert was not delivered', { message: messageId, cause: detail });
      this.#nextWay(delivery);
    } else {
      ledger.alerts.settle(delivery, nowMs);
    }
    this.wake();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scope.end(new Error('the outbox closes'));
    await this.#loop;
    await Promise.all([...this.#running.values()].map(({ done }) => done));
    this.#scope[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#scope.signal.aborted) {
      try {
        this.#sendDue();
      } catch (error) {
        this.#gate.warn('ledger', 'alerts can not be read from the ledger', {
          cause: describeError(error),
        });
      }
      using nap = new Scope(this.#scope.signal);
      this.#nap = nap;
      await clock.sleep(idleMs, nap.signal);
      this.#nap = undefined;
    }
  }

  #sendDue(): void {
    const { ledger, clock } = this.#options;
    for (let lost = this.#unnoted[0]; lost !== undefined; lost = this.#unnoted[0]) {
      const change = { state: 'doubtful', nowMs: clock.wallNow() } as const;
      ledger.alerts.changeDelivery(lost, ['sending'], change);
      this.#unnoted.shift();
    }
    for (const delivery of ledger.alerts.due(clock.wallNow(), lookedAt)) {
      const key = keyOf(delivery);
      if (this.#running.has(key)) continue;
      if (!delivery.isWanted) {
        this.#redirect(delivery);
        continue;
      }
      const channel = this.#channels.get(delivery.channel);
      if (channel === undefined) {
        this.#give(delivery, `the channel ${delivery.channel} is no longer configured`);
        continue;
      }
      if (clock.wallNow() - delivery.createdMs > this.#times.maxAgeMs) {
        const why = this.#health.of(wayOf(delivery))?.cause;
        this.#give(delivery, `it is too old by now${why === undefined ? '' : `: ${why}`}`);
        continue;
      }
      if (!this.#mayTry(delivery)) continue;
      const way = wayOf(delivery);
      const done = this.#attempt(delivery, channel)
        .catch((error: unknown) => {
          this.#unnoted.push(delivery);
          this.#gate.warn('attempt', 'what became of an alert could not be noted', {
            cause: describeError(error),
          });
        })
        .finally(() => {
          this.#running.delete(key);
          this.wake();
        });
      this.#running.set(key, { way, done });
    }
  }

  /** The contact's address has changed: sends the message to the new one, or by the next way. */
  #redirect(delivery: OpenDelivery): void {
    const { ledger, clock, log } = this.#options;
    const nowMs = clock.wallNow();
    const { message, state } = delivery;
    if (ledger.alerts.readdress(delivery, nowMs)) {
      log.info('an alert goes to the new address of its contact', { message });
      return this.wake();
    }
    const detail = 'the contact is no longer reached there';
    if (!ledger.alerts.changeDelivery(delivery, [state], { state: 'unneeded', nowMs, detail }))
      return;
    this.#nextWay(delivery);
  }

  /** Whether the delivery may be tried now. If its way rests or is at its limit, tries the next. */
  #mayTry(delivery: OpenDelivery): boolean {
    const { ledger, maxSmsPerHour, clock, log } = this.#options;
    const way = wayOf(delivery);
    const running = [...this.#running.values()].filter((one) => one.way === way).length;
    const trouble = this.#health.of(way);
    const restMs = this.#health.restMs(way);
    if (trouble !== undefined && (restMs > 0 || running > 0)) {
      this.#postpone(delivery, Math.max(restMs, this.#times.retry.minMs / 2), trouble.cause);
      return false;
    }
    if (running >= atOncePerWay) return false;
    if (delivery.kind !== 'sms' || delivery.state !== 'queued') return true;
    if (ledger.alerts.sentSince('sms', clock.wallNow() - hourMs) < maxSmsPerHour) return true;
    const cause = `the limit of ${maxSmsPerHour} SMS an hour in all is reached`;
    log.error('alerts wait: too many SMS', { limit: maxSmsPerHour, message: delivery.message });
    this.#postpone(delivery, limitWaitMs, cause);
    return false;
  }

  async #attempt(delivery: OpenDelivery, channel: Channel): Promise<void> {
    if (delivery.state === 'doubtful') return await this.#resolve(delivery, channel);
    const { ledger, clock } = this.#options;
    const nowMs = clock.wallNow();
    if (!ledger.alerts.changeDelivery(delivery, ['queued'], { state: 'sending', nowMs })) return;
    using patience = new Scope(this.#scope.signal);
    clock
      .sleep(this.#times.patienceMs, patience.signal)
      .then(() => {
        if (!patience.signal.aborted) this.#nextWay(delivery);
      })
      .catch((error: unknown) => {
        // The next way is tried when this one has failed.
        this.#gate.warn('patience', 'an alert that takes long can not be sent another way yet', {
          cause: describeError(error),
        });
      });
    try {
      this.#accepted(delivery, await channel.send(outgoing(delivery), this.#scope.signal));
    } catch (error) {
      this.#failed(delivery, channel, asSendError(error));
    }
  }

  #accepted(delivery: OpenDelivery, { final, carrierId, detail }: Accepted): void {
    const { ledger, clock, log } = this.#options;
    const nowMs = clock.wallNow();
    const change = { state: final, nowMs, carrierId, detail };
    ledger.alerts.changeDelivery(delivery, ['sending', 'doubtful'], change);
    ledger.alerts.settle(delivery, nowMs);
    log.info('alert sent', { message: delivery.message, channel: delivery.channel, carrierId });
    if (this.#health.worked(wayOf(delivery))) {
      log.info('alerts go out again', { channel: delivery.channel });
    }
  }

  #failed(delivery: OpenDelivery, channel: Channel, error: SendError): void {
    const { ledger, clock, log } = this.#options;
    const cause = describeError(error);
    if (error.kind === 'refused' && !error.maybeSent) {
      // A carrier that refuses a message works.
      this.#health.worked(wayOf(delivery));
      return this.#give(delivery, cause);
    }
    const stopping = this.#scope.signal.aborted;
    const nowMs = clock.wallNow();
    const way = wayOf(delivery);
    if (!stopping && this.#health.failed(way, channel.name, cause, error.retryAfterMs)) {
      log.error('a channel of alerts fails; others are tried, and this one again', {
        channel: channel.name,
        cause,
      });
    }
    const doubtful = error.maybeSent && !channel.resendIsHarmless;
    ledger.alerts.changeDelivery(delivery, ['sending', 'doubtful'], {
      state: doubtful ? 'doubtful' : 'queued',
      nowMs,
      nextMs:
        nowMs + (stopping ? 0 : doubtful ? this.#times.findAfterMs : this.#health.restMs(way)),
      detail: cause,
    });
    if (!stopping) this.#nextWay(delivery);
  }

  /** Finds out whether a message was sent, and sends it if not. */
  async #resolve(delivery: OpenDelivery, channel: Channel): Promise<void> {
    const { ledger, clock, log, reporting } = this.#options;
    const { findAfterMs, doubtMs } = this.#times;
    const later = (ms: number, detail?: string): void => {
      const nowMs = clock.wallNow();
      const change = { state: 'doubtful', nowMs, nextMs: nowMs + ms, detail } as const;
      ledger.alerts.changeDelivery(delivery, ['doubtful'], change);
    };
    const sendAgain = (): void => {
      const nowMs = clock.wallNow();
      ledger.alerts.changeDelivery(delivery, ['doubtful'], { state: 'queued', nowMs });
    };
    if (channel.resendIsHarmless) return sendAgain();
    // Absolute, because after the clock was set back a negative age would make us wait too long.
    const ageMs = Math.abs(clock.wallNow() - delivery.sinceMs);
    if (channel.find !== undefined) {
      if (ageMs < findAfterMs) return later(findAfterMs - ageMs);
      try {
        const found = await channel.find(outgoing(delivery), this.#scope.signal);
        if (found === 'not sent') return sendAgain();
        if (found !== 'unknown') return this.#accepted(delivery, found);
      } catch (error) {
        const { kind } = asSendError(error);
        // The carrier had the message and gave it up.
        if (kind === 'refused') return this.#give(delivery, describeError(error));
        this.#nextWay(delivery);
        return later(this.#times.retry.maxMs / 4, describeError(error));
      }
    }
    if (ageMs < doubtMs) return later(doubtMs - ageMs);
    if (!reporting.has(channel.name)) {
      if (dispensable.has(delivery.eventKind)) {
        return this.#give(delivery, 'it may have been sent, so it is not sent again');
      }
      log.warn('an alert that may have been sent is sent again', { message: delivery.message });
    }
    sendAgain();
  }

  #postpone(delivery: OpenDelivery, ms: number, detail: string): void {
    const { ledger, clock } = this.#options;
    const { state } = delivery;
    const nowMs = clock.wallNow();
    ledger.alerts.changeDelivery(delivery, [state], { state, nowMs, nextMs: nowMs + ms, detail });
    this.#nextWay(delivery);
  }

  /** Gives up this way for this message, and tries the next. */
  #give(delivery: OpenDelivery, detail: string): void {
    const { ledger, clock, log } = this.#options;
    const change = { state: 'failed', nowMs: clock.wallNow(), detail } as const;
    if (!ledger.alerts.changeDelivery(delivery, ['queued', 'sending', 'doubtful'], change)) return;
    const { message, channel } = delivery;
    log.error('an alert could not be sent', { message, channel, cause: detail });
    this.#nextWay(delivery);
  }

  #nextWay(delivery: DeliveryName): void {
    const { ledger, clock, log } = this.#options;
    const next: (DeliveryName & NewDelivery) | undefined = ledger.alerts.tryNext(
      delivery,
      clock.wallNow(),
    );
    if (next === undefined) return;
    log.info('alert goes another way', { message: delivery.message, channel: next.channel });
    this.wake();
  }
}

const keyOf = ({ message, position }: DeliveryName): string => `${message}-${position}`;

const asSendError = (error: unknown): SendError =>
  error instanceof SendError
    ? error
    : new SendError(describeError(error), { kind: 'temporary', maybeSent: true, cause: error });
