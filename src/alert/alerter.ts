import type { AccountQueries } from '../ledger/accounts.ts';
import type { AlertQueries } from '../ledger/alerts.ts';
import type { ContactQueries } from '../ledger/contacts.ts';
import type { AlertSettingQueries } from '../ledger/alert-settings.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError, OperatorError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import type { Channel } from './channel.ts';
import { newestOf, type Now } from './freshness.ts';
import type { CameraInput, JudgedEvent, Memory } from './incident.ts';
import { beginJudging, camerasOf, defaultRules, judge, type JudgeRules } from './judge.ts';
import type { Outbox } from './outbox.ts';
import { beginWithSlowLines, judgeSlowLines, type SlowLineMemory } from './slow-lines.ts';
import { digestOf, messageOf, type PlanOptions, reasonToHold, type Recipient } from './plan.ts';
import { textOf } from './texts.ts';
import {
  beginWithTroubles,
  type Condition,
  judgeTroubles,
  type TroubleMemory,
} from './troubles.ts';
import type { NewAlertMessage } from '../model/alert.ts';
import type { ContactAddress } from '../model/contact.ts';
import type { WatchedCamera } from '../model/alert-settings.ts';

export interface AlerterLedger {
  readonly accounts: Pick<AccountQueries, 'timeZone'>;
  readonly alertSettings: Pick<AlertSettingQueries, 'cameras'>;
  readonly alerts: Pick<
    AlertQueries,
    'judgements' | 'decide' | 'held' | 'messagesSince' | 'prune' | 'reserveRoom'
  >;
  readonly contacts: Pick<ContactQueries, 'list'>;
}

/** A camera's present state. */
export interface CameraPresence {
  /** End of what is being recorded, milliseconds since 1970 UTC. The ledger knows older footage. */
  readonly lastFootageAtMs?: number;
  readonly state: RecordingState;
  /** Details of the state, in plain words. */
  readonly detail?: string;
  /** What is wrong with its line, in words, while pictures wait for it. */
  readonly slowLine?: string;
}

/** A recipient of the operator's own alerts. */
export interface OperatorContact {
  readonly name: string;
  readonly addresses: readonly ContactAddress[];
}

export interface AlerterOptions {
  readonly ledger: AlerterLedger;
  readonly outbox: Pick<Outbox, 'wake' | 'failing'>;
  readonly channels: readonly Pick<Channel, 'name' | 'kind'>[];
  /** Called for each camera every second. */
  readonly present: (camera: WatchedCamera) => CameraPresence;
  /** Conditions that the operator is alerted to if they last. */
  readonly conditions: () => readonly Condition[];
  readonly operator: { readonly contacts: readonly OperatorContact[]; readonly timeZone: string };
  /** A camera without footage for this long is not recording; a camera's own setting overrides. */
  readonly defaultAfterMs: number;
  readonly maxPerContactAndHour: number;
  readonly rules?: Partial<JudgeRules>;
  readonly clock: Clock;
  readonly log: Log;
}

const tickMs = 1_000;
const dayMs = 86_400_000;
const keptMs = 90 * dayMs;
/** More than the size at which SQLite restarts its write-ahead log: 1,000 pages of 4 KB. */
const roomBytes = 5 * 1024 * 1024;
const watchingMs = 30_000;
const channelTroubleAfterMs = 5 * 60_000;
const cameraSubject = 'camera ';
const lineSubject = 'line ';
const troubleSubject = 'trouble ';

/**
 * Watches all cameras and decides every second what to tell whom; the outbox sends the messages. A
 * decision and its messages are written to the ledger in one transaction.
 */
export class Alerter implements AsyncDisposable {
  readonly #options: AlerterOptions;
  readonly #rules: JudgeRules;
  readonly #plan: PlanOptions;
  readonly #gate: FloodGate;
  readonly #scope = new Scope();
  /** The judgements as they are in the ledger. */
  readonly #kept: Map<string, unknown>;
  readonly #loop: Promise<void>;
  #state: ReturnType<typeof beginJudging>;
  #slowLines: ReturnType<typeof beginWithSlowLines>;
  #troubles: ReturnType<typeof beginWithTroubles>;
  #prunedAt = Number.NEGATIVE_INFINITY;
  #judgedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AlerterOptions) {
    const { ledger, channels, maxPerContactAndHour, log } = options;
    this.#options = options;
    this.#rules = { ...defaultRules, ...options.rules };
    this.#gate = new FloodGate(log);
    this.#plan = {
      channels,
      maxPerContactAndHour,
      messagesSince: (account, name, sinceMs) =>
        ledger.alerts.messagesSince(account, name, sinceMs),
    };
    this.#kept = ledger.alerts.judgements();
    this.#state = beginJudging(this.#ofCameras<Memory>(cameraSubject), this.#now());
    this.#slowLines = beginWithSlowLines(this.#ofCameras<SlowLineMemory>(lineSubject));
    this.#troubles = beginWithTroubles(new Map(this.#ofSubject<TroubleMemory>(troubleSubject)));
    this.#loop = this.#run();
  }

  /** Whether the cameras have been judged lately; for the heartbeat. */
  get isWatching(): boolean {
    return this.#options.clock.now() - this.#judgedAt < watchingMs;
  }

  /**
   * Sends a test message to each address of each contact of an account.
   *
   * @returns the ids of the messages
   * @throws {OperatorError} if there are no contacts, or no channel reaches their addresses
   */
  test(account: string): string[] {
    const { ledger, clock } = this.#options;
    const recipients = this.#recipients(account);
    if (recipients.length === 0) {
      throw new OperatorError(
        `${account} has no contacts. Add one with: cctv contact add ${account} --sms +65…`,
      );
    }
    const nowMs = clock.wallNow();
    const event: JudgedEvent = { kind: 'test', account, cameras: [], atMs: nowMs };
    // One message per address: within a message, the next address is tried only if the first fails.
    const messages = recipients.flatMap((recipient) =>
      recipient.addresses.map(({ kind, address }, index) => {
        const to = { ...recipient, addresses: [{ kind, address }] };
        const message = messageOf(event, to, nowMs, this.#plan);
        return { ...message, eventKey: `${message.eventKey}${index}` };
      }),
    );
    if (messages.every(({ deliveries }) => deliveries.length === 0)) {
      throw new OperatorError(
        `None of the ways to reach the contacts of ${account} is configured: see alerts in the configuration.`,
      );
    }
    ledger.alerts.decide({ messages });
    this.#options.outbox.wake();
    return messages.map(({ id }) => id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#scope.end(new Error('the alerter closes'));
    await this.#loop;
    this.#scope[Symbol.dispose]();
    this.#gate[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    const { clock, ledger } = this.#options;
    this.#try('room for alerts could not be reserved in the ledger', () =>
      ledger.alerts.reserveRoom(roomBytes),
    );
    while (!this.#scope.signal.aborted) {
      this.#try('alerts could not be decided; trying again', () => this.#tick());
      await clock.sleep(tickMs, this.#scope.signal);
    }
  }

  #try(failure: string, task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#gate.warn(failure, failure, { cause: describeError(error) });
    }
  }

  /** Our state changes only after the ledger has taken the decision. */
  #tick(): void {
    const { ledger, log, outbox } = this.#options;
    const now = this.#now();
    const watched = ledger.alertSettings.cameras();
    const inputs = watched.map((camera) => this.#inputOf(camera, now));
    const judged = judge(this.#state, now, inputs, this.#rules);
    const slowLines = judgeSlowLines(this.#slowLines, now, inputs);
    const troubles = judgeTroubles(this.#troubles, now, [
      ...this.#options.conditions(),
      ...this.#channelConditions(),
    ]);
    const events = [...judged.events, ...slowLines.events, ...troubles.events];
    const { changed, subjects } = this.#changes([
      [cameraSubject, judged.state.memories],
      [lineSubject, slowLines.state.told],
      [troubleSubject, troubles.state.told],
    ]);
    const messages = [...this.#messagesOf(events, now.wallMs)];
    if (changed.length > 0 || messages.length > 0)
      ledger.alerts.decide({ judgements: changed, messages });
    this.#state = judged.state;
    this.#slowLines = slowLines.state;
    this.#troubles = troubles.state;
    this.#kept.clear();
    for (const [subject, state] of subjects) this.#kept.set(subject, state);
    for (const event of events) {
      log.info('alert decided', {
        kind: event.kind,
        cameras: camerasOf(event),
        text: textOf(event, 'UTC').text,
        contacts: messages.filter(({ event: of }) => of === event).length,
      });
    }
    for (const { account, contactName, deliveries } of messages) {
      if (deliveries.length > 0) continue;
      log.error('a contact can not be told anything: none of its ways is configured', {
        account,
        contact: contactName,
      });
    }
    const released = this.#release(now.wallMs);
    this.#judgedAt = now.at;
    if (messages.length > 0 || released) outbox.wake();
    if (now.at - this.#prunedAt > dayMs) {
      this.#prunedAt = now.at;
      ledger.alerts.prune(now.wallMs - keptMs);
    }
  }

  #now(): Now {
    const { clock } = this.#options;
    return { wallMs: clock.wallNow(), at: clock.now() };
  }

  #inputOf(camera: WatchedCamera, now: Now): CameraInput {
    const { id, account, silentUntilMs, alertAfterSeconds, newestFootageMs } = camera;
    const { state, detail, slowLine, lastFootageAtMs } = this.#options.present(camera);
    const newest = newestOf([lastFootageAtMs, newestFootageMs], now);
    return {
      id,
      account,
      camera: camera.camera,
      shouldRecord: !camera.disabled && camera.firstContactMs !== undefined,
      silentUntilMs,
      afterMs:
        alertAfterSeconds === undefined ? this.#options.defaultAfterMs : alertAfterSeconds * 1_000,
      lastFootageAtMs: newest,
      state,
      detail,
      slowLine,
    };
  }

  #channelConditions(): Condition[] {
    const failing = new Map(this.#options.outbox.failing().map((one) => [one.channel, one]));
    // Not webhooks: they are the owners' servers, which the operator can't mend.
    const ours = this.#options.channels.filter(({ kind }) => kind !== 'webhook');
    return ours.map(({ name }) => {
      const trouble = failing.get(name);
      return {
        key: `channel ${name}`,
        active: trouble !== undefined,
        words: `alerts by ${name} fail${trouble === undefined ? '' : `: ${trouble.cause}`}`,
        afterMs: channelTroubleAfterMs,
        sinceMs: trouble === undefined ? undefined : trouble.sinceMs,
      };
    });
  }

  /** All judgements to keep in the ledger, and those that differ from what is there. */
  #changes(
    judgements: readonly (readonly [prefix: string, kept: ReadonlyMap<number | string, unknown>])[],
  ): { readonly changed: [string, unknown][]; readonly subjects: Map<string, unknown> } {
    const subjects = new Map<string, unknown>();
    for (const [prefix, kept] of judgements) {
      for (const [key, memory] of kept) subjects.set(`${prefix}${key}`, memory);
    }
    const changed: [string, unknown][] = [];
    for (const [subject, state] of subjects) {
      const before = this.#kept.get(subject);
      if (before !== state && JSON.stringify(before) !== JSON.stringify(state)) {
        changed.push([subject, state]);
      }
    }
    for (const subject of this.#kept.keys()) {
      if (!subjects.has(subject)) changed.push([subject, undefined]);
    }
    return { changed, subjects };
  }

  #ofCameras<T>(prefix: string): Map<number, T> {
    return new Map(this.#ofSubject<T>(prefix).map(([id, memory]) => [Number(id), memory]));
  }

  #ofSubject<T>(prefix: string): [string, T][] {
    return [...this.#kept]
      .filter(([subject]) => subject.startsWith(prefix))
      .map(([subject, state]) => [subject.slice(prefix.length), state as T]);
  }

  *#messagesOf(events: readonly JudgedEvent[], nowMs: number): Generator<NewAlertMessage> {
    for (const event of events) {
      for (const recipient of this.#recipients(event.account)) {
        yield messageOf(event, recipient, nowMs, this.#plan);
      }
    }
  }

  #recipients(account: string | undefined): Recipient[] {
    const { ledger, operator } = this.#options;
    if (account === undefined) {
      return operator.contacts.map((contact) => ({ ...contact, timeZone: operator.timeZone }));
    }
    const timeZone = ledger.accounts.timeZone(account) ?? 'UTC';
    return ledger.contacts.list(account).map(({ id, name, addresses, quiet }) => ({
      account,
      contactId: id,
      name,
      addresses,
      timeZone,
      quiet,
    }));
  }

  /** Sends each contact its held messages as one digest, as soon as the contact may be told. */
  #release(nowMs: number): boolean {
    const { ledger } = this.#options;
    const byContact = Map.groupBy(ledger.alerts.held(), ({ account, contactName }) =>
      JSON.stringify([account, contactName]),
    );
    let released = false;
    for (const held of byContact.values()) {
      const { account, contactName } = held[0] ?? {};
      const recipient = this.#recipients(account).find(({ name }) => name === contactName);
      if (recipient !== undefined && reasonToHold(recipient, nowMs, this.#plan) !== undefined) {
        continue;
      }
      const digest = digestOf(held, nowMs);
      if (digest === undefined) continue;
      const merged = (into: string | undefined) => [{ ids: held.map(({ id }) => id), into }];
      if (recipient === undefined) {
        ledger.alerts.decide({ merged: merged(undefined) });
        continue;
      }
      const message = messageOf(digest, recipient, nowMs, this.#plan);
      ledger.alerts.decide({ messages: [message], merged: merged(message.id) });
      released = true;
    }
    return released;
  }
}
