import { wallNow } from '../lib/clock.ts';
import { createHash, randomBytes } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { CameraName } from '../model/camera-name.ts';
import type { AccountRows } from './account-rows.ts';
import type { CameraRows } from './camera-rows.ts';
import type { KeyRows } from './keys.ts';
import { transaction } from './database.ts';
import { UnknownNameError } from '../model/errors.ts';
import { hint } from './hint.ts';
import { number, optional, reader, type Row, text } from './read.ts';
import type { StateRows } from './states.ts';
import type { PublicKey } from '../model/public-key.ts';
import type { NewToken } from '../model/token.ts';
import type { Token } from '../contract/accounts.ts';
import { defaultRtspPath } from '../model/camera.ts';

/** The key of a client that wants to enrol. */
export type EnrolKey = Omit<PublicKey, 'comment'>;

export interface TokenQueries {
  /**
   * Makes a token of 32 characters a-z and 2-7, 160 random bits. The token can't be retrieved later.
   *
   * @throws {UnknownNameError} there is no such account
   */
  add(token: NewToken): Token & { readonly token: string };
  /** @throws {UnknownNameError} there is no such account */
  list(account: string): Token[];
  /** Revokes a token; cameras that enrolled with it stay. @throws {UnknownNameError} */
  revoke(account: string, id: string): void;
  /** Why `token` would not admit an unknown key; undefined if it would. Changes nothing. */
  refusal(token: string, key: EnrolKey): string | undefined;
  /**
   * Registers an unknown key as a new camera of the token's account. The caller must have verified that
   * the client has the private key. Admits each key once, and at most as many keys as the token allows.
   *
   * @returns the camera, or why it was refused
   */
  enrol(token: string, key: EnrolKey): CameraName | string;
}

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';
const tokenLength = 32;
const idLength = 6;

/** Identifies a token without revealing it. */
export const tokenId = (token: string): string => token.slice(0, idLength);

// 256 is a multiple of 32, so all letters are equally likely.
const makeToken = (): string =>
  [...randomBytes(tokenLength)].map((byte) => alphabet[byte % alphabet.length]).join('');

// A token with 160 random bits can't be guessed, so no slow hash is needed.
const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const readToken = reader<Token>({
  id: text,
  account: text,
  uses: number,
  used: number,
  createdMs: number,
  expiresMs: number,
  revokedMs: optional(number),
});

export function prepareTokens(
  database: DatabaseSync,
  accounts: AccountRows,
  cameras: CameraRows,
  keys: KeyRows,
  states: StateRows,
): TokenQueries {
  const insert = database.prepare(
    `INSERT INTO tokens
       (account, hash, prefix, uses, createdMs, expiresMs, rtspPath, rtspUser, rtspPassword, profile)
     VALUES (:account, :hash, :id, :uses, :createdMs, :expiresMs, :rtspPath, :rtspUser, :rtspPassword,
       :profile)`,
  );
  const select = `
    SELECT tokens.id AS row, prefix AS id, accounts.name AS account, uses, tokens.createdMs,
      expiresMs, revokedMs,
      (SELECT count(*) FROM enrolments WHERE enrolments.token = tokens.id) AS used
    FROM tokens JOIN accounts ON accounts.id = tokens.account`;
  const ofAccount = database.prepare(`${select} WHERE tokens.account = ? ORDER BY tokens.id`);
  const byHash = database.prepare(`${select} WHERE hash = ? AND accounts.removedMs IS NULL`);
  const revoke = database.prepare(
    `UPDATE tokens SET revokedMs = coalesce(revokedMs, :nowMs), rtspPassword = NULL
     WHERE account = :owner AND prefix = :id RETURNING id`,
  );
  const findUse = database.prepare(
    'SELECT 1 FROM enrolments WHERE token = :token AND blob = :blob',
  );
  const addUse = database.prepare(
    'INSERT INTO enrolments (token, blob, enrolledMs) VALUES (:token, :blob, :nowMs)',
  );
  const addCamera = database.prepare(
    `INSERT INTO cameras
       (account, name, rtspPath, rtspUser, rtspPassword, profile, createdMs, newSinceMs)
     SELECT account, :camera, rtspPath, rtspUser, rtspPassword, profile, :nowMs, :nowMs
     FROM tokens WHERE id = :token RETURNING id`,
  );

  const refusalOf = (row: Row | undefined, token: string, { blob }: EnrolKey) => {
    if (row === undefined) return 'there is no such token';
    const which = `the token ${tokenId(token)}…`;
    if (row['revokedMs'] !== null) return `${which} was revoked`;
    if (number(row['expiresMs']) <= wallNow()) return `${which} has expired`;
    if (findUse.get({ token: number(row['row']), blob }) !== undefined) {
      return `${which} has let this key in before, and its camera was removed`;
    }
    if (number(row['used']) >= number(row['uses'])) return `${which} is used up`;
    return undefined;
  };

  /** `new-` and the beginning of the key's hash, long enough to be unique. */
  const newName = (account: string, blob: Uint8Array): string => {
    const digest = createHash('sha256').update(blob).digest('hex');
    for (let length = 4; length <= 40; length += 1) {
      const name = `new-${digest.slice(0, length)}`;
      if (cameras.status(account, name) === 'absent') return name;
    }
    throw new Error(`there are too many cameras like new-${digest.slice(0, 4)} in ${account}`);
  };

  return {
    add({ account, uses, expiresMs, rtspPath, rtspUser, rtspPassword, profile }) {
      const token = makeToken();
      const id = tokenId(token);
      const createdMs = wallNow();
      insert.run({
        account: accounts.idOf(account),
        hash: hashOf(token),
        id,
        uses,
        createdMs,
        expiresMs,
        rtspPath: rtspPath ?? defaultRtspPath,
        rtspUser: rtspUser ?? null,
        rtspPassword: rtspPassword ?? null,
        profile: profile ?? null,
      });
      return { token, id, account, uses, used: 0, createdMs, expiresMs };
    },
    list: (account) => ofAccount.all(accounts.idOf(account)).map(readToken),
    revoke(account, id) {
      const owner = accounts.idOf(account);
      if (revoke.get({ owner, id, nowMs: wallNow() }) !== undefined) return;
      const ids = ofAccount.all(owner).map((row) => text(row['id']));
      throw new UnknownNameError(
        `${account} has no token that begins with ${id}.${hint('tokens', id, ids)}`,
      );
    },
    refusal: (token, key) => refusalOf(byHash.get(hashOf(token)), token, key),
    enrol: (token, key) =>
      transaction(database, () => {
        const row = byHash.get(hashOf(token));
        const refusal = refusalOf(row, token, key);
        if (row === undefined || refusal !== undefined) return refusal ?? '';
        const nowMs = wallNow();
        const account = text(row['account']);
        const camera = newName(account, key.blob);
        const id = number(row['row']);
        addUse.run({ token: id, blob: key.blob, nowMs });
        const added = number(addCamera.get({ camera, token: id, nowMs })?.['id']);
        keys.add(added, { ...key, comment: '' }, false);
        states.write(added, neverConnected, '', nowMs);
        return { account, camera };
      }),
  };
}
