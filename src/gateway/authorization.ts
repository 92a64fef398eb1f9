import { createHash, timingSafeEqual } from 'node:crypto';
import type { ViewerCredentials } from '../model/viewer.ts';
import { credentialsOf } from './password.ts';

/** A player's proof of who it is. */
export type Authorization =
  | { readonly scheme: 'basic'; readonly user: string; readonly password: string }
  | {
      readonly scheme: 'digest';
      readonly user: string;
      readonly hash: 'md5' | 'sha256';
      readonly nonce: string;
      /** The URL that the proof covers, as the player wrote it. */
      readonly uri: string;
      readonly response: string;
      /** With `qop=auth`: what the hash has between nonce and request. */
      readonly count?: string;
    };

const parameter = /\s*([a-z]{1,16}\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(,|$)/iy;

function parseParameters(text: string): ReadonlyMap<string, string> | undefined {
  const found = new Map<string, string>();
  for (let at = 0; at < text.length; at = parameter.lastIndex) {
    parameter.lastIndex = at;
    const [, name = '', quoted, plain] = parameter.exec(text) ?? [];
    if (name === '' || found.has(name.toLowerCase())) return undefined;
    found.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return found;
}

const hashes: Readonly<Record<string, 'md5' | 'sha256'>> = { md5: 'md5', 'sha-256': 'sha256' };

function parseDigest(text: string): Authorization | undefined {
  const values = parseParameters(text);
  const of = (name: string): string => values?.get(name) ?? '';
  const hash = hashes[(values?.get('algorithm') ?? 'MD5').toLowerCase()];
  const [user, nonce, uri, response] = [of('username'), of('nonce'), of('uri'), of('response')];
  if (hash === undefined || user === '' || nonce === '' || uri === '') return undefined;
  const qop = values?.get('qop');
  if (qop === undefined) return { scheme: 'digest', user, hash, nonce, uri, response };
  if (qop !== 'auth' || !/^[0-9a-f]{8}$/i.test(of('nc')) || of('cnonce') === '') return undefined;
  const count = `${of('nc')}:${of('cnonce')}:auth`;
  return { scheme: 'digest', user, hash, nonce, uri, response, count };
}

/**
 * Parses an Authorization header: Digest (RFC 7616 section 3.4, MD5 and SHA-256, with `qop=auth` or
 * as in RFC 2069) or Basic (RFC 7617).
 *
 * @param header in the form of {@link Request}: its bytes as Latin-1
 * @returns undefined if the header is neither
 */
export function parseAuthorization(header: string): Authorization | undefined {
  const [, scheme = '', text = ''] = /^(basic|digest)\s+(.*)$/i.exec(header) ?? [];
  if (scheme.toLowerCase() === 'digest') {
    return parseDigest(Buffer.from(text, 'latin1').toString('utf8'));
  }
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  const plain = Buffer.from(text, 'base64').toString('utf8');
  const colon = plain.indexOf(':');
  if (colon < 1) return undefined;
  return { scheme: 'basic', user: plain.slice(0, colon), password: plain.slice(colon + 1) };
}

const equal = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
};

/** Whether it proves the password. The caller must check the nonce and the URL. */
export function proves(
  authorization: Authorization,
  method: string,
  realm: string,
  credentials: ViewerCredentials,
): boolean {
  if (authorization.scheme === 'basic') {
    const { user, password } = authorization;
    return equal(credentialsOf(realm, user, password).sha256, credentials.sha256);
  }
  const { hash, nonce, uri, response, count } = authorization;
  const hex = (text: string): string => createHash(hash).update(text, 'utf8').digest('hex');
  const request = hex(`${method}:${uri}`);
  const middle = count === undefined ? nonce : `${nonce}:${count}`;
  return equal(hex(`${credentials[hash]}:${middle}:${request}`), response.toLowerCase());
}

/**
 * The WWW-Authenticate headers, the strongest first (RFC 7616 section 3.7). Players that know only
 * MD5 take the last Digest that they read. It has no `qop`, because some players don't know that.
 */
export function challenges(
  realm: string,
  nonce: string,
  { stale, basic }: { readonly stale: boolean; readonly basic: boolean },
): (readonly ['WWW-Authenticate', string])[] {
  const digest = `Digest realm="${realm}", nonce="${nonce}"${stale ? ', stale=true' : ''}`;
  return [
    ['WWW-Authenticate', `${digest}, qop="auth", algorithm=SHA-256`],
    ['WWW-Authenticate', `${digest}, algorithm=MD5`],
    ...(basic ? [['WWW-Authenticate', `Basic realm="${realm}"`] as const] : []),
  ];
}
