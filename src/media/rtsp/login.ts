import { createHash, randomBytes } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** How a server wants the password proven: a part of its WWW-Authenticate header. */
export interface Challenge {
  /** In lower case: `digest`, `basic` … */
  readonly scheme: string;
  /** Keyed by name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** One parameter, in front of which a scheme may stand. Cameras leave out commas and quotes. */
const piece =
  /[\s,]*(?:([a-z]{1,16})\s+(?=[a-z-]{1,32}\s*=))?([a-z-]{1,32})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))/iy;
const schemeAlone = /^\s*([a-z]{1,16})\s*$/i;

/**
 * Reads the value of a WWW-Authenticate header (RFC 7235 section 4.1), as far as it is understood.
 *
 * @param header repeated ones are separated by commas
 */
export function readChallenges(header: string): readonly Challenge[] {
  const alone = schemeAlone.exec(header)?.[1];
  if (alone !== undefined) return [{ scheme: alone.toLowerCase(), parameters: new Map() }];
  const found: { scheme: string; parameters: Map<string, string> }[] = [];
  piece.lastIndex = 0;
  for (let match = piece.exec(header); match !== null; match = piece.exec(header)) {
    const [, scheme, name = '', quoted, plain = ''] = match;
    if (scheme !== undefined) found.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? plain;
    found.at(-1)?.parameters.set(name.toLowerCase(), value);
  }
  return found;
}

/** By the names of RFC 7616 section 6.1, the best first. */
const hashes: Readonly<Record<string, string>> = {
  'sha-512-256': 'sha512-256',
  'sha-256': 'sha256',
  md5: 'md5',
};

interface Method {
  readonly challenge: Challenge;
  /** Undefined: Basic, which sends the password. */
  readonly hash?: string;
  readonly isSession: boolean;
}

function methodOf(challenge: Challenge): Method | undefined {
  const { scheme, parameters } = challenge;
  if (scheme === 'basic') return { challenge, isSession: false };
  if (scheme !== 'digest') return undefined;
  const algorithm = (parameters.get('algorithm') ?? 'md5').toLowerCase();
  const hash = hashes[algorithm.replace(/-sess$/, '')];
  const qop = parameters.get('qop');
  if (hash === undefined || !parameters.has('nonce')) return undefined;
  if (qop !== undefined && !offersAuth(qop)) return undefined;
  return { challenge, hash, isSession: algorithm.endsWith('-sess') };
}

const offersAuth = (qop: string): boolean =>
  qop
    .toLowerCase()
    .split(/[\s,]+/)
    .includes('auth');

/** As headers are read and written here: each byte a character, since a realm may be in any encoding. */
const utf8Bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Proves a password to a server, by the best of its challenges that we know: Digest (RFC 7616, RFC 2069) or Basic (RFC 7617). */
export class Login {
  readonly #credentials: Credentials;
  readonly #method: Method;
  #count = 0;

  private constructor({ user, password }: Credentials, method: Method) {
    this.#credentials = { user: utf8Bytes(user), password: utf8Bytes(password) };
    this.#method = method;
  }

  /** @returns undefined if none of the challenges is one that we know */
  static for(header: string, credentials: Credentials): Login | undefined {
    const order = Object.values(hashes);
    const rank = ({ hash }: Method): number =>
      hash === undefined ? order.length : order.indexOf(hash);
    const [best] = readChallenges(header)
      .map((challenge) => methodOf(challenge))
      .filter((method) => method !== undefined)
      .toSorted((a, b) => rank(a) - rank(b));
    return best && new Login(credentials, best);
  }

  /** Whether `later`, which followed a request with this proof, only asks for another nonce. */
  isRenewedBy(later: Login): boolean {
    const [mine, next] = [this.#method.challenge.parameters, later.#method.challenge.parameters];
    if (later.#method.hash === undefined) return false;
    return next.get('stale')?.toLowerCase() === 'true' || next.get('nonce') !== mine.get('nonce');
  }

  /**
   * The Authorization header's value for a request.
   *
   * @param own our own share of what the proof is made of (`cnonce`)
   */
  proof(method: string, url: string, own = randomBytes(8).toString('hex')): string {
    const { user, password } = this.#credentials;
    const { challenge, hash, isSession } = this.#method;
    if (hash === undefined) {
      return `Basic ${Buffer.from(`${user}:${password}`, 'latin1').toString('base64')}`;
    }
    const given = (name: string): string => challenge.parameters.get(name) ?? '';
    const hex = (text: string): string => createHash(hash).update(text, 'latin1').digest('hex');
    const [realm, nonce] = [given('realm'), given('nonce')];
    this.#count += 1;
    const count = this.#count.toString(16).padStart(8, '0');
    const secret = hex(`${user}:${realm}:${password}`);
    const key = isSession ? hex(`${secret}:${nonce}:${own}`) : secret;
    const hasQop = challenge.parameters.has('qop');
    const middle = hasQop ? `${nonce}:${count}:${own}:auth` : nonce;
    const response = hex(`${key}:${middle}:${hex(`${method}:${url}`)}`);
    const fields = [
      ['username', user],
      ['realm', realm],
      ['nonce', nonce],
      ['uri', url],
      ['response', response],
    ].map(([name, value = '']) => `${name}=${quoted(value)}`);
    // Cameras refuse parameters that they did not name themselves.
    if (challenge.parameters.has('algorithm')) fields.push(`algorithm=${given('algorithm')}`);
    if (challenge.parameters.has('opaque')) fields.push(`opaque=${quoted(given('opaque'))}`);
    if (hasQop) fields.push('qop=auth', `nc=${count}`);
    if (hasQop || isSession) fields.push(`cnonce=${quoted(own)}`);
    return `Digest ${fields.join(', ')}`;
  }
}

const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
