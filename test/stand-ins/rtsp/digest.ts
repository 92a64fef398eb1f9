import { createHash, randomBytes } from 'node:crypto';

export interface DigestOptions {
  /** As the challenge names it; none is named unless given, which means MD5. */
  readonly algorithm?: 'MD5' | 'MD5-sess' | 'SHA-256' | 'SHA-256-sess';
  readonly qop?: boolean;
  /** A nonce is good for so many requests. */
  readonly requestsPerNonce?: number;
}

/** Digest authentication (RFC 2617 without qop, as v4l2rtspserver does it, unless the options say otherwise). */
export class Digest {
  #nonce = randomBytes(16).toString('hex');
  readonly #realm = 'camera';
  readonly #user: string;
  readonly #password: string;
  readonly #options: DigestOptions;
  #requests = 0;
  #expired = false;

  constructor(user: string, password: string, options: DigestOptions = {}) {
    this.#user = user;
    this.#password = password;
    this.#options = options;
  }

  get challenge(): string {
    const { algorithm, qop } = this.#options;
    const parts = [`nonce="${this.#nonce}"`, `realm="${this.#realm}"`];
    if (algorithm !== undefined) parts.unshift(`algorithm="${algorithm}"`);
    if (qop === true) parts.push('qop="auth,auth-int"', 'opaque="a, \\"b\\""');
    if (this.#expired) parts.push('stale=TRUE');
    return `Digest ${parts.join(', ')}`;
  }

  accepts(method: string, authorization: string | undefined): boolean {
    if (authorization === undefined) return false;
    const fields = new Map<string, string>();
    for (const [, name = '', quoted, plain = ''] of authorization.matchAll(
      /(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g,
    )) {
      fields.set(name, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain);
    }
    const field = (name: string): string => fields.get(name) ?? '';
    const { algorithm = 'MD5', qop, requestsPerNonce = Infinity } = this.#options;
    const kind = algorithm.startsWith('MD5') ? 'md5' : 'sha256';
    const hash = (text: string): string => createHash(kind).update(text).digest('hex');
    const secret = hash(`${this.#user}:${this.#realm}:${this.#password}`);
    const key = algorithm.endsWith('-sess')
      ? hash(`${secret}:${this.#nonce}:${field('cnonce')}`)
      : secret;
    const middle =
      qop === true ? `${this.#nonce}:${field('nc')}:${field('cnonce')}:auth` : this.#nonce;
    const request = hash(`${method}:${field('uri')}`);
    const isRight =
      field('username') === this.#user &&
      field('nonce') === this.#nonce &&
      (qop !== true || field('opaque') === 'a, "b"') &&
      field('response') === hash(`${key}:${middle}:${request}`);
    this.#requests += 1;
    if (isRight && this.#requests <= requestsPerNonce) return true;
    this.#expired = isRight;
    this.#requests = 0;
    if (isRight) this.#nonce = randomBytes(16).toString('hex');
    return false;
  }
}
