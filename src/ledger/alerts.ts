import type { DatabaseSync } from 'node:sqlite';
import type {
  AddressKind,
  AlertDelivery,
  AlertMessage,
  DeliveryState,
} from '../contract/alerts.ts';
import type { AccountRows } from './account-rows.ts';
import { transaction } from './database.ts';
import { number, optional, type Row, text } from './rows.ts';

// Times are milliseconds since 1970 UTC.

export type NewDelivery = Pick<AlertDelivery, 'kind' | 'channel' | 'address'>;

export interface NewAlertMessage extends Omit<AlertMessage, 'mergedInto' | 'deliveries'> {
  readonly contactId?: number;
  /** Nobody is told twice of one event. */
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

export interface AlertQueries {
  judgements(): Map<string, unknown>;
  decide(decision: AlertDecision): void;
  /** What was being sent when the program ended may have been sent. */
  doubtInterrupted(nowMs: number): number;
  /** Those whose time has come, in the order in which they came to be. */
  due(nowMs: number, limit: number): OpenDelivery[];
  /**
   * @param from nothing is changed in another state than these
   * @returns whether it was changed
   */
  changeDelivery(
    delivery: DeliveryName,
    from: readonly DeliveryState[],
    change: DeliveryChange,
  ): boolean;
  /**
   * Sends a delivery to another address of its contact: one of the same kind that it is not sent to by
   * the same channel already.
   *
   * @returns whether there is one
   */
  readdress(delivery: DeliveryName, nowMs: number): boolean;
  /**
   * Gives the way after this one its turn, unless the message has arrived by another.
   *
   * @returns that way, if its turn came with this
   */
  tryNext(delivery: DeliveryName, nowMs: number): (DeliveryName & NewDelivery) | undefined;
  /** Other ways to the same address need no longer be tried, nor those whose turn has not come. */
  settle(delivery: DeliveryName, nowMs: number): void;
  held(): AlertMessage[];
  /** How many messages a contact was sent, or is to be, since then; held ones not counted. */
  messagesSince(account: string | undefined, contactName: string, sinceMs: number): number;
  /** How many deliveries of a kind went out since then. */
  sentSince(kind: AddressKind, sinceMs: number): number;
  /** The newest first; of one account if it is given. */
  list(of: { readonly account?: string; readonly limit: number }): AlertMessage[];
  find(id: string): AlertMessage | undefined;
  /**
   * Takes room on the disk that the ledger can write into when there is none left: it is then that
   * alerts are decided.
   */
  reserveRoom(bytes: number): void;
  /** How many deliveries are in each state, of those that are kept. */
  deliveryCounts(): ReadonlyMap<DeliveryState, number>;
  /** Forgets what was decided before, except what is still under way. */
  prune(beforeMs: number): void;
}

const open = "('queued', 'sending', 'doubtful')";

const select = `
  SELECT alertMessages.id, accounts.name AS account, contactName, kind, event, text, subject,
    alertMessages.createdMs, heldFor, mergedInto,
    (SELECT json_group_array(json_object('position', position, 'kind', kind, 'channel', channel,
      'address', address, 'state', state, 'attempts', attempts, 'sinceMs', sinceMs,
      'carrierId', carrierId, 'detail', detail)) FROM
      (SELECT * FROM alertDeliveries WHERE message = alertMessages.id ORDER BY position))
      AS deliveries
  FROM alertMessages LEFT JOIN accounts ON accounts.id = alertMessages.account`;

function readMessage(row: Row): AlertMessage {
  const deliveries = JSON.parse(text(row, 'deliveries')) as Record<string, unknown>[];
  return {
    id: text(row, 'id'),
    ...optional(row, 'account', text),
    contactName: text(row, 'contactName'),
    kind: text(row, 'kind'),
    event: JSON.parse(text(row, 'event')) as unknown,
    text: text(row, 'text'),
    subject: text(row, 'subject'),
    createdMs: number(row, 'createdMs'),
    // The schema allows no other words.
    ...optional(row, 'heldFor', (from, column) => text(from, column) as 'quiet' | 'rate'),
    ...optional(row, 'mergedInto', text),
    deliveries: deliveries.map(
      (delivery) =>
        Object.fromEntries(
          Object.entries(delivery).filter(([, value]) => value !== null),
        ) as unknown as AlertDelivery,
    ),
  };
}

const readNew = (row: Row): DeliveryName & NewDelivery => ({
  message: text(row, 'message'),
  position: number(row, 'position'),
  kind: text(row, 'kind') as AddressKind,
  channel: text(row, 'channel'),
  address: text(row, 'address'),
});

export function prepareAlerts(database: DatabaseSync, accounts: AccountRows): AlertQueries {
  const allJudgements = database.prepare('SELECT subject, state FROM judgements');
  const keepJudgement = database.prepare(
    'INSERT INTO judgements VALUES (?, ?) ON CONFLICT DO UPDATE SET state = excluded.state',
  );
  const dropJudgement = database.prepare('DELETE FROM judgements WHERE subject = ?');
  const addMessage = database.prepare(
    `INSERT INTO alertMessages
       (id, account, contact, contactName, eventKey, kind, event, text, subject, createdMs, heldFor)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (contactName, eventKey) DO NOTHING RETURNING id`,
  );
  const addDelivery = database.prepare(
    `INSERT INTO alertDeliveries (message, position, kind, channel, address, state, sinceMs, nextMs)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const merge = database.prepare(
    'UPDATE alertMessages SET heldFor = NULL, mergedInto = ? WHERE id = ?',
  );
  const dropDeliveries = database.prepare(
    `UPDATE alertDeliveries SET state = 'unneeded', sinceMs = ? WHERE message = ? AND state = 'waiting'`,
  );
  const interrupt = database.prepare(
    `UPDATE alertDeliveries SET state = 'doubtful', sinceMs = ?, nextMs = ?
     WHERE state = 'sending'`,
  );
  const due = database.prepare(
    `SELECT message, position, alertDeliveries.kind, channel, address, state, attempts, sinceMs,
       alertMessages.kind AS eventKind, event, text, subject, createdMs,
       contact IS NULL OR EXISTS (SELECT 1 FROM contactAddresses AS known
         WHERE known.contact = alertMessages.contact AND known.kind = alertDeliveries.kind
           AND known.address = alertDeliveries.address) AS isWanted
     FROM alertDeliveries JOIN alertMessages ON alertMessages.id = message
     WHERE state IN ${open} AND state <> 'sending'
       -- What is due in the far future was written before the clock was set back.
       AND (nextMs <= ?1 OR nextMs > ?1 + 3600000)
     ORDER BY createdMs, message, position LIMIT ?2`,
  );
  const change = database.prepare(
    `UPDATE alertDeliveries SET state = ?1, sinceMs = iif(state = ?1, sinceMs, ?2), nextMs = ?3,
       attempts = attempts + ?4, carrierId = coalesce(?5, carrierId), detail = ?6
     WHERE message = ?7 AND position = ?8 AND state IN (SELECT value FROM json_each(?9))`,
  );
  const readdress = database.prepare(
    `UPDATE alertDeliveries SET state = 'queued', sinceMs = ?1, nextMs = ?1, carrierId = NULL,
       detail = 'it was for another address of the contact before', address = chosen.address
     FROM (
       SELECT contactAddresses.address FROM alertDeliveries AS this
       JOIN alertMessages ON alertMessages.id = this.message
       JOIN contactAddresses ON contactAddresses.contact = alertMessages.contact
         AND contactAddresses.kind = this.kind
       WHERE this.message = ?2 AND this.position = ?3 AND NOT EXISTS
         (SELECT 1 FROM alertDeliveries AS other WHERE other.message = this.message
          AND other.channel = this.channel AND other.address = contactAddresses.address)
       ORDER BY contactAddresses.position LIMIT 1) AS chosen
     WHERE message = ?2 AND position = ?3`,
  );
  const next = database.prepare(
    `UPDATE alertDeliveries SET state = 'queued', sinceMs = ?, nextMs = ?
     WHERE message = ? AND position = ? AND state = 'waiting' AND NOT EXISTS
       (SELECT 1 FROM alertDeliveries AS other WHERE other.message = alertDeliveries.message
        AND other.state IN ('accepted', 'delivered'))
     RETURNING message, position, kind, channel, address`,
  );
  const settle = database.prepare(
    `UPDATE alertDeliveries SET state = 'unneeded', sinceMs = ?1
     WHERE message = ?2 AND position <> ?3 AND state = 'queued'
       AND address = (SELECT address FROM alertDeliveries WHERE message = ?2 AND position = ?3)`,
  );
  const held = database.prepare(`${select} WHERE heldFor IS NOT NULL
     ORDER BY alertMessages.createdMs, alertMessages.id`);
  const countOfContact = database.prepare(
    `SELECT count(*) AS count FROM alertMessages LEFT JOIN accounts ON accounts.id = account
     WHERE accounts.name IS ? AND contactName = ? AND alertMessages.createdMs > ?
       AND heldFor IS NULL AND mergedInto IS NULL`,
  );
  const countSent = database.prepare(
    `SELECT count(*) AS count FROM alertDeliveries WHERE kind = ? AND sinceMs > ?
       AND state IN ('sending', 'doubtful', 'accepted', 'delivered')`,
  );
  const newest = database.prepare(
    `${select} ORDER BY alertMessages.createdMs DESC, alertMessages.id LIMIT ?`,
  );
  const newestOf = database.prepare(
    `${select} WHERE accounts.name = ? ORDER BY alertMessages.createdMs DESC, alertMessages.id LIMIT ?`,
  );
  const byId = database.prepare(`${select} WHERE alertMessages.id = ?`);
  const reserve = database.prepare("INSERT INTO judgements VALUES ('room', hex(zeroblob(?)))");
  const countStates = database.prepare(
    'SELECT state, count(*) AS count FROM alertDeliveries GROUP BY state',
  );
  const prune = database.prepare(
    `DELETE FROM alertMessages WHERE createdMs < ? AND heldFor IS NULL AND NOT EXISTS
       (SELECT 1 FROM alertDeliveries WHERE message = id AND state IN ${open})`,
  );

  const add = (message: NewAlertMessage): void => {
    const { id, account, contactId, contactName, eventKey, kind, event, heldFor } = message;
    const added = addMessage.get(
      id,
      account === undefined ? null : accounts.idOf(account),
      contactId ?? null,
      contactName,
      eventKey,
      kind,
      JSON.stringify(event),
      message.text,
      message.subject,
      message.createdMs,
      heldFor ?? null,
    );
    if (added === undefined) return;
    for (const [position, delivery] of message.deliveries.entries()) {
      const state = position === 0 && heldFor === undefined ? 'queued' : 'waiting';
      const { kind: way, channel, address } = delivery;
      const at = message.createdMs;
      addDelivery.run(id, position, way, channel, address, state, at, at);
    }
  };

  return {
    judgements: () =>
      new Map(
        allJudgements
          .all()
          .map((row) => [text(row, 'subject'), JSON.parse(text(row, 'state')) as unknown]),
      ),
    decide: ({ judgements = [], messages = [], merged = [] }) =>
      transaction(database, () => {
        for (const [subject, state] of judgements) {
          if (state === undefined) dropJudgement.run(subject);
          else keepJudgement.run(subject, JSON.stringify(state));
        }
        for (const message of messages) add(message);
        for (const { ids, into } of merged) {
          for (const id of ids) {
            merge.run(into ?? null, id);
            dropDeliveries.run(Date.now(), id);
          }
        }
      }),
    doubtInterrupted: (nowMs) => Number(interrupt.run(nowMs, nowMs).changes),
    due: (nowMs, limit) =>
      due.all(nowMs, limit).map((row) => ({
        ...readNew(row),
        state: text(row, 'state') as OpenDelivery['state'],
        attempts: number(row, 'attempts'),
        sinceMs: number(row, 'sinceMs'),
        eventKind: text(row, 'eventKind'),
        event: JSON.parse(text(row, 'event')) as unknown,
        text: text(row, 'text'),
        subject: text(row, 'subject'),
        createdMs: number(row, 'createdMs'),
        isWanted: row['isWanted'] === 1,
      })),
    readdress: ({ message, position }, nowMs) =>
      Number(readdress.run(Math.round(nowMs), message, position).changes) > 0,
    changeDelivery(delivery, from, { state, nowMs, nextMs, carrierId, detail }) {
      const { changes } = change.run(
        state,
        Math.round(nowMs),
        Math.round(nextMs ?? nowMs),
        Number(state === 'sending'),
        carrierId ?? null,
        detail ?? null,
        delivery.message,
        delivery.position,
        JSON.stringify(from),
      );
      return changes > 0;
    },
    tryNext(delivery, nowMs) {
      const row = next.get(nowMs, nowMs, delivery.message, delivery.position + 1);
      return row && readNew(row);
    },
    settle: (delivery, nowMs) => void settle.run(nowMs, delivery.message, delivery.position),
    held: () => held.all().map(readMessage),
    messagesSince: (account, contactName, sinceMs) =>
      number(countOfContact.get(account ?? null, contactName, sinceMs) ?? {}, 'count'),
    sentSince: (kind, sinceMs) => number(countSent.get(kind, sinceMs) ?? {}, 'count'),
    list({ account, limit }) {
      if (account === undefined) return newest.all(limit).map(readMessage);
      accounts.idOf(account);
      return newestOf.all(account, limit).map(readMessage);
    },
    find(id) {
      const row = byId.get(id);
      return row && readMessage(row);
    },
    reserveRoom(bytes) {
      transaction(database, () => {
        reserve.run(Math.ceil(bytes / 2));
        database.exec("DELETE FROM judgements WHERE subject = 'room'");
      });
      // The log is written again from its beginning, in the room that it has by now; the pages that
      // were freed are in the database (sqlite.org/wal.html#avoiding_excessively_large_wal_files).
      database.exec('PRAGMA wal_checkpoint(RESTART)');
    },
    deliveryCounts: () =>
      new Map(
        countStates.all().map((row) => [text(row, 'state') as DeliveryState, number(row, 'count')]),
      ),
    prune: (beforeMs) => void prune.run(beforeMs),
  };
}
