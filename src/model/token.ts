import type { StreamSettings } from './camera.ts';

export interface NewToken extends StreamSettings {
  readonly account: string;
  /** How many keys it lets in. */
  readonly uses: number;
  readonly expiresMs: number;
}
