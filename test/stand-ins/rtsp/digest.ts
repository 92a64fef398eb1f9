import { createHash, randomBytes } from 'node:crypto';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Digest authentication (RFC 2617 without qop), as v4l2rtspserver does it. */
export class Digest {
  readonly #nonce = randomBytes(16).toString('hex');
  readonly #realm = 'camera';
  readonly #user: string;
  readonly #password: string;

  constructor(user: string, password: string) {
    this.#user = user;
    this.#password = password;
  }

  get challenge(): string {
    return `Digest realm="${this.#realm}", nonce="${this.#nonce}"`;
  }

  accepts(method: string, authorization: string | undefined): boolean {
    const fields = new Map<string, string>();
    for (const [, name = '', value = ''] of (authorization ?? '').matchAll(/(\w+)="([^"]*)"/g)) {
      fields.set(name, value);
    }
    const secret = md5(`${this.#user}:${this.#realm}:${this.#password}`);
    const request = md5(`${method}:${fields.get('uri')}`);
    return (
      fields.get('username') === this.#user &&
      fields.get('nonce') === this.#nonce &&
      fields.get('response') === md5(`${secret}:${this.#nonce}:${request}`)
    );
  }
}
