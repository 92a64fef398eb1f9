import { wallNow } from '../lib/clock.ts';
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type {} from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Ledger } from '../ledger/ledger.ts';
import type { SessionShown } from '../contract/web.ts';
import { longestSessionMs, type SessionOwner } from '../model/session.ts';
import { plainAddress } from '../lib/addresses.ts';
import { HttpError, notThere } from '../lib/http-error.ts';

/** Somebody who is logged in. */
export type Session = SessionOwner & {
  /** What all requests but GET must have in a header: no other site can know it. */
  readonly csrf: string;
};
export type ViewerSession = Extract<Session, { role: 'viewer' }>;
export type OperatorSession = Extract<Session, { role: 'operator' }>;

/** More than browsers call themselves. */
const maxAgent = 300;

const tokenForm = /^[\w-]{43}$/;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();
const csrfOf = (token: string): string =>
  createHmac('sha256', token).update('csrf').digest('base64url');

/** The sessions of browsers, by a cookie that holds 256 random bits. */
export class Sessions {
  readonly #ledger: Ledger;
  readonly #isSecure: boolean;
  readonly #cookie: string;

  /** @param isSecure whether browsers come by TLS only */
  constructor(ledger: Ledger, isSecure: boolean) {
    this.#ledger = ledger;
    this.#isSecure = isSecure;
    // The prefix makes browsers accept it from this host and over TLS only (RFC 6265bis 4.1.3.2).
    this.#cookie = isSecure ? '__Host-cctv' : 'cctv';
  }

  /** Begins a session in the place of the one that the browser had. @returns false if there is no such owner */
  begin(
    request: FastifyRequest,
    reply: FastifyReply,
    owner: Parameters<Ledger['sessions']['begin']>[1],
  ): boolean {
    const token = randomBytes(32).toString('base64url');
    const agent = String(request.headers['user-agent'] ?? '').slice(0, maxAgent);
    const origin = { address: plainAddress(request.ip), agent };
    if (!this.#ledger.sessions.begin(hashOf(token), owner, origin)) return false;
    this.end(request, reply);
    void reply.setCookie(this.#cookie, token, {
      ...this.#attributes(),
      maxAge: longestSessionMs / 1000,
    });
    return true;
  }

  /** @throws {HttpError} 401 without a session; 403 without its token, for all requests but GET */
  require(request: FastifyRequest): Session {
    const session = this.find(request);
    if (session === undefined) throw new HttpError(401, 'Log in first.');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const given = Buffer.from(String(request.headers['x-csrf-token'] ?? ''));
      const right = Buffer.from(session.csrf);
      if (given.length !== right.length || !timingSafeEqual(given, right)) {
        throw new HttpError(403, 'The header x-csrf-token is missing or wrong; reload the page.');
      }
    }
    return session;
  }

  /** @throws {HttpError} as {@link require}; 404 for anybody of another role */
  requireRole<R extends Session['role']>(
    request: FastifyRequest,
    role: R,
  ): Extract<Session, { role: R }> {
    const session = this.require(request);
    if (session.role !== role) throw notThere();
    return session as Extract<Session, { role: R }>;
  }

  find(request: FastifyRequest): Session | undefined {
    const token = this.#token(request);
    if (token === undefined) return undefined;
    const owner = this.#ledger.sessions.find(hashOf(token), wallNow());
    return owner && { ...owner, csrf: csrfOf(token) };
  }

  /** All sessions of whoever asks, the newest first. */
  list(request: FastifyRequest): SessionShown[] {
    const token = this.#token(request);
    return token === undefined ? [] : this.#ledger.sessions.list(hashOf(token));
  }

  /** Ends all sessions of whoever asks but the one of this request. */
  endOthers(request: FastifyRequest): void {
    const token = this.#token(request);
    if (token !== undefined) this.#ledger.sessions.endOthers(hashOf(token));
  }

  end(request: FastifyRequest, reply: FastifyReply): void {
    const token = this.#token(request);
    if (token !== undefined) this.#ledger.sessions.end(hashOf(token));
    void reply
      .clearCookie(this.#cookie, this.#attributes())
      // What browsers keep of the session's pictures must not be there for the next one (Clear Site Data, section 3.1).
      .header('clear-site-data', '"cache"');
  }

  #token(request: FastifyRequest): string | undefined {
    const token = request.cookies[this.#cookie];
    return token !== undefined && tokenForm.test(token) ? token : undefined;
  }

  #attributes() {
    return { path: '/', httpOnly: true, sameSite: 'strict', secure: this.#isSecure } as const;
  }
}
