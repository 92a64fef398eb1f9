/** One unit of a limited resource. */
export interface Claim {
  /** The resource in words: "viewers of this account". */
  readonly what: string;
  readonly key: string;
  readonly limit: number;
}

/** Counts the units in use, by key. */
export class Quota {
  readonly #taken = new Map<string, number>();

  /** Takes all claims or none. @returns a function that frees them (call it once), or why not. */
  take(...claims: readonly Claim[]): (() => void) | string {
    const full = claims.find(({ key, limit }) => (this.#taken.get(key) ?? 0) >= limit);
    if (full !== undefined) return `${full.limit} ${full.what} at a time are the limit`;
    for (const { key } of claims) this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    return () => {
      for (const { key } of claims) {
        const left = (this.#taken.get(key) ?? 1) - 1;
        if (left === 0) this.#taken.delete(key);
        else this.#taken.set(key, left);
      }
    };
  }
}
