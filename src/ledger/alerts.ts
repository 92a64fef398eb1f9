import { wallNow } from '../lib/clock.ts';
import type { DatabaseSync } from 'node:sqlite';
import type { AddressKind } from '../model/contact.ts';
import type {
  AlertDecision,
  DeliveryChange,
  DeliveryName,
  DeliveryState,
  NewAlertMessage,
  NewDelivery,
  OpenDelivery,
} from '../model/alert.ts';
import type { AlertMessage } from '../contract/alerts.ts';
import type { AccountRows } from './account-rows.ts';
import { transaction } from './database.ts';
import { isTrue, json, number, optional, reader, text, word } from './read.ts';

// Times are milliseconds since 1970 UTC.

export interface AlertQueries {
  judgements(): Map<string, unknown>;
  decide(decision: AlertDecision): void;
  /** Marks deliveries that were being sent when the program ended as doubtful: they may have been sent. */
  doubtInterrupted(nowMs: number): number;
  /** The deliveries that are due, the oldest first. */
  due(nowMs: number, limit: number): OpenDelivery[];
  /**
   * @param from changes only a delivery in one of these states
   * @returns whether the delivery was changed
   */
  changeDelivery(
    delivery: DeliveryName,
    from: readonly DeliveryState[],
    change: DeliveryChange,
  ): boolean;
  /**
   * Redirects a delivery to another address of its contact: one of the same kind to which the same
   * channel doesn't send the message already.
   *
   * @returns whether there is such an address
   */
  readdress(delivery: DeliveryName, nowMs: number): boolean;
  /**
   * Queues the delivery after this one, unless another delivery of the message was accepted.
   *
   * @returns the next delivery, if this call queued it
   */
  tryNext(delivery: DeliveryName, nowMs: number): (DeliveryName & NewDelivery) | undefined;
  /** Marks other queued deliveries of the message to the same address as unneeded. */
  settle(delivery: DeliveryName, nowMs: number): void;
  held(): AlertMessage[];
  /** Counts the messages sent or to be sent to a contact since then, without held ones. */
  messagesSince(account: string | undefined, contactName: string, sinceMs: number): number;
  /** Counts the deliveries of a kind that were sent since then. */
  sentSince(kind: AddressKind, sinceMs: number): number;
  /** The newest first; only those of `account` if it is given. */
  list(of: { readonly account?: string; readonly limit: number }): AlertMessage[];
  find(id: string): AlertMessage | undefined;
  /**
   * Reserves disk space for the ledger, so that alerts can still be written when the disk is full.
   */
  reserveRoom(bytes: number): void;
  /** Counts the kept deliveries by state. */
  deliveryCounts(): ReadonlyMap<DeliveryState, number>;
  /** Deletes messages from before that time, except those still held or being delivered. */
  prune(beforeMs: number): void;
}

const open = "('queued', 'sending', 'doubtful')";

const select = `
  SELECT alertMessages.id, accounts.name AS account, contactName, kind, event, text, subject,
    alertMessages.createdMs, heldFor, mergedInto,
    (SELECT json_group_array(json_patch('{}', json_object('position', position, 'kind', kind,
      'channel', channel, 'address', address, 'state', state, 'attempts', attempts,
      'sinceMs', sinceMs, 'carrierId', carrierId, 'detail', detail))) FROM
      (SELECT * FROM alertDeliveries WHERE message = alertMessages.id ORDER BY position))
      AS deliveries
  FROM alertMessages LEFT JOIN accounts ON accounts.id = alertMessages.account`;

const readState = word<DeliveryState>();
const readMessage = reader<AlertMessage>({
  id: text,
  account: optional(text),
  contactName: text,
  kind: text,
  event: json(),
  text,
  subject: text,
  createdMs: number,
  heldFor: optional(word()),
  mergedInto: optional(text),
  deliveries: json(),
});
const newColumns = {
  message: text,
  position: number,
  kind: word<AddressKind>(),
  channel: text,
  address: text,
};
const readNew = reader<DeliveryName & NewDelivery>(newColumns);
const readOpen = reader<OpenDelivery>({
  ...newColumns,
  state: word(),
  attempts: number,
  sinceMs: number,
  eventKind: text,
  event: json(),
  text,
  subject: text,
  createdMs: number,
  isWanted: isTrue,
});

export function prepareAlerts(database: DatabaseSync, accounts: AccountRows): AlertQueries {
  const allJudgements = database.prepare('SELECT subject, state FROM judgements');
  const keepJudgement = database.prepare(
    `INSERT INTO judgements (subject, state) VALUES (:subject, :state)
     ON CONFLICT DO UPDATE SET state = excluded.state`,
  );
  const dropJudgement = database.prepare('DELETE FROM judgements WHERE subject = ?');
  const addMessage = database.prepare(
    `INSERT INTO alertMessages
       (id, account, contact, contactName, eventKey, kind, event, text, subject, createdMs, heldFor)
     VALUES (:id, :account, :contact, :contactName, :eventKey, :kind, :event, :text, :subject,
       :createdMs, :heldFor)
     ON CONFLICT (contactName, eventKey) DO NOTHING RETURNING id`,
  );
  const addDelivery = database.prepare(
    `INSERT INTO alertDeliveries (message, position, kind, channel, address, state, sinceMs, nextMs)
     VALUES (:message, :position, :kind, :channel, :address, :state, :nowMs, :nowMs)`,
  );
  const merge = database.prepare(
    'UPDATE alertMessages SET heldFor = NULL, mergedInto = :into WHERE id = :id',
  );
  const dropDeliveries = database.prepare(
    `UPDATE alertDeliveries SET state = 'unneeded', sinceMs = :nowMs
     WHERE message = :id AND state = 'waiting'`,
  );
  const interrupt = database.prepare(
    `UPDATE alertDeliveries SET state = 'doubtful', sinceMs = :nowMs, nextMs = :nowMs
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
       -- A time in the far future was written before the clock was set back.
       AND (nextMs <= :nowMs OR nextMs > :nowMs + 3600000)
     ORDER BY createdMs, message, position LIMIT :limit`,
  );
  const change = database.prepare(
    `UPDATE alertDeliveries SET state = :state, sinceMs = iif(state = :state, sinceMs, :nowMs),
       nextMs = :nextMs, attempts = attempts + (:state = 'sending'),
       carrierId = coalesce(:carrierId, carrierId), detail = :detail
     WHERE message = :message AND position = :position
       AND state IN (SELECT value FROM json_each(:from))`,
  );
  const readdress = database.prepare(
    `UPDATE alertDeliveries SET state = 'queued', sinceMs = :nowMs, nextMs = :nowMs, carrierId = NULL,
       detail = 'it was for another address of the contact before', address = chosen.address
     FROM (
       SELECT contactAddresses.address FROM alertDeliveries AS this
       JOIN alertMessages ON alertMessages.id = this.message
       JOIN contactAddresses ON contactAddresses.contact = alertMessages.contact
         AND contactAddresses.kind = this.kind
       WHERE this.message = :message AND this.position = :position AND NOT EXISTS
         (SELECT 1 FROM alertDeliveries AS other WHERE other.message = this.message
          AND other.channel = this.channel AND other.address = contactAddresses.address)
       ORDER BY contactAddresses.position LIMIT 1) AS chosen
     WHERE message = :message AND position = :position`,
  );
  const next = database.prepare(
    `UPDATE alertDeliveries SET state = 'queued', sinceMs = :nowMs, nextMs = :nowMs
     WHERE message = :message AND position = :position + 1 AND state = 'waiting' AND NOT EXISTS
       (SELECT 1 FROM alertDeliveries AS other WHERE other.message = alertDeliveries.message
        AND other.state IN ('accepted', 'delivered'))
     RETURNING message, position, kind, channel, address`,
  );
  const settle = database.prepare(
    `UPDATE alertDeliveries SET state = 'unneeded', sinceMs = :nowMs
     WHERE message = :message AND position <> :position AND state = 'queued'
       AND address = (SELECT address FROM alertDeliveries
         WHERE message = :message AND position = :position)`,
  );
  const held = database.prepare(`${select} WHERE heldFor IS NOT NULL
     ORDER BY alertMessages.createdMs, alertMessages.id`);
  const countOfContact = database.prepare(
    `SELECT count(*) AS count FROM alertMessages LEFT JOIN accounts ON accounts.id = account
     WHERE accounts.name IS :account AND contactName = :contactName
       AND alertMessages.createdMs > :sinceMs
       AND heldFor IS NULL AND mergedInto IS NULL`,
  );
  const countSent = database.prepare(
    `SELECT count(*) AS count FROM alertDeliveries WHERE kind = :kind AND sinceMs > :sinceMs
       AND state IN ('sending', 'doubtful', 'accepted', 'delivered')`,
  );
  const newest = database.prepare(
    `${select} ORDER BY alertMessages.createdMs DESC, alertMessages.id LIMIT ?`,
  );
  const newestOf = database.prepare(
    `${select} WHERE accounts.name = :account
     ORDER BY alertMessages.createdMs DESC, alertMessages.id LIMIT :limit`,
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
    const added = addMessage.get({
      id,
      account: account === undefined ? null : accounts.idOf(account),
      contact: contactId ?? null,
      contactName,
      eventKey,
      kind,
      event: JSON.stringify(event),
      text: message.text,
      subject: message.subject,
      createdMs: message.createdMs,
      heldFor: heldFor ?? null,
    });
    if (added === undefined) return;
    for (const [position, delivery] of message.deliveries.entries()) {
      const state = position === 0 && heldFor === undefined ? 'queued' : 'waiting';
      addDelivery.run({ message: id, position, ...delivery, state, nowMs: message.createdMs });
    }
  };

  return {
    judgements: () =>
      new Map(allJudgements.all().map((row) => [text(row['subject']), json()(row['state'])])),
    decide: ({ judgements = [], messages = [], merged = [] }) =>
      transaction(database, () => {
        for (const [subject, state] of judgements) {
          if (state === undefined) dropJudgement.run(subject);
          else keepJudgement.run({ subject, state: JSON.stringify(state) });
        }
        for (const message of messages) add(message);
        for (const { ids, into } of merged) {
          for (const id of ids) {
            merge.run({ id, into: into ?? null });
            dropDeliveries.run({ id, nowMs: wallNow() });
          }
        }
      }),
    doubtInterrupted: (nowMs) => Number(interrupt.run({ nowMs }).changes),
    due: (nowMs, limit) => due.all({ nowMs, limit }).map(readOpen),
    readdress: ({ message, position }, nowMs) =>
      readdress.run({ message, position, nowMs: Math.round(nowMs) }).changes > 0,
    changeDelivery({ message, position }, from, { state, nowMs, nextMs, carrierId, detail }) {
      const { changes } = change.run({
        message,
        position,
        from: JSON.stringify(from),
        state,
        nowMs: Math.round(nowMs),
        nextMs: Math.round(nextMs ?? nowMs),
        carrierId: carrierId ?? null,
        detail: detail ?? null,
      });
      return changes > 0;
    },
    tryNext({ message, position }, nowMs) {
      const row = next.get({ message, position, nowMs });
      return row && readNew(row);
    },
    settle: ({ message, position }, nowMs) => {
      settle.run({ message, position, nowMs });
    },
    held: () => held.all().map(readMessage),
    messagesSince: (account, contactName, sinceMs) =>
      number(countOfContact.get({ account: account ?? null, contactName, sinceMs })?.['count']),
    sentSince: (kind, sinceMs) => number(countSent.get({ kind, sinceMs })?.['count']),
    list({ account, limit }) {
      if (account === undefined) return newest.all(limit).map(readMessage);
      accounts.idOf(account);
      return newestOf.all({ account, limit }).map(readMessage);
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
      // Makes SQLite reuse the space of its log from the beginning; the freed pages stay in the
      // database (sqlite.org/wal.html#avoiding_excessively_large_wal_files).
      database.exec('PRAGMA wal_checkpoint(RESTART)');
    },
    deliveryCounts: () =>
      new Map(countStates.all().map((row) => [readState(row['state']), number(row['count'])])),
    prune: (beforeMs) => {
      prune.run(beforeMs);
    },
  };
}
