/** What stands in the place of a secret. */
export const mask = '***';

// Its repetitions are bounded, so that a long text takes time in proportion to its length.
const urlPassword = /(\b[a-z][a-z0-9+.-]{0,15}:\/\/[^\s/:@]{0,256}):[^\s/@]{0,512}@/gi;

/** Masks the passwords of URLs in a text. */
export const withoutPasswords = (text: string): string => text.replace(urlPassword, `$1:${mask}@`);

/** Shorter secrets are masked only as whole words, as they would match parts of ordinary words. */
export const shortSecret = 6;

/** The encodings in which a secret may appear. */
const forms = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret.toWellFormed()),
  JSON.stringify(secret).slice(1, -1),
  Buffer.from(secret).toString('base64'),
];

/** Whoever knows the path of a webhook may use it. */
export function secretsOfUrl(address = ''): string[] {
  const url = URL.parse(address);
  if (url === null) return [];
  const parts = [url.pathname.slice(1), url.search.slice(1), url.password];
  return parts.filter((part) => part !== '');
}

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

/** Masks the secrets that it knows, in whatever form, and the passwords of URLs. */
export class Redactor {
  readonly #known = new Set<string>();
  #expressions: readonly RegExp[] = [];

  constructor(secrets: readonly string[] = []) {
    this.know(secrets);
  }

  /** Masks these from now on, too. */
  know(secrets: readonly string[]): void {
    const before = this.#known.size;
    for (const form of secrets.flatMap(forms)) {
      if (form.length > 1) this.#known.add(form);
    }
    if (this.#known.size === before) return;
    // The longest first: one secret may be the beginning of another.
    const all = [...this.#known].toSorted((a, b) => b.length - a.length);
    const long = all.filter(({ length }) => length >= shortSecret).map(escape);
    const short = all.filter(({ length }) => length < shortSecret).map(escape);
    const expressions: RegExp[] = [];
    if (long.length > 0) expressions.push(new RegExp(long.join('|'), 'g'));
    if (short.length > 0) {
      expressions.push(new RegExp(`(?<![\\w])(?:${short.join('|')})(?![\\w])`, 'g'));
    }
    this.#expressions = expressions;
  }

  clean(text: string): string {
    const clean = this.#expressions.reduce((rest, one) => rest.replaceAll(one, mask), text);
    return withoutPasswords(clean);
  }
}
