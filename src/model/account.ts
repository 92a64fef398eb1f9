import type { StreamSettings } from './camera.ts';

export interface Account {
  readonly name: string;
  readonly createdMs: number;
  /** How many cameras it has, not counting removed ones. */
  readonly cameras: number;
  readonly formerNames: readonly string[];
}

export interface NewToken extends StreamSettings {
  readonly account: string;
  /** How many keys it lets in. */
  readonly uses: number;
  readonly expiresMs: number;
}

/** What lets unknown keys in as new cameras of an account. The token itself is not kept. */
export interface Token {
  /** The token's first characters: they name it. */
  readonly id: string;
  readonly account: string;
  readonly uses: number;
  readonly used: number;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly revokedMs?: number;
}
