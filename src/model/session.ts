const dayMs = 86_400_000;

/** Whose session it is. */
export type SessionOwner =
  | {
      readonly role: 'viewer';
      readonly account: string;
      readonly user: string;
      /** Of the viewer: no other has had it or will have it, under whatever name. */
      readonly identity: string;
      /** The only cameras of the account that the viewer may watch; absent: all. */
      readonly cameras?: readonly string[];
      /** IANA name, of the account. */
      readonly timeZone: string;
    }
  | { readonly role: 'operator'; readonly user: string };

/** Where a session began. */
export interface SessionOrigin {
  readonly address: string;
  /** What the browser calls itself: its header User-Agent, cut. */
  readonly agent: string;
}

/** So long after it began, a session ends in any case. */
export const longestSessionMs = 90 * dayMs;

/** Unused for so long, a session ends. */
export const idleMs = 30 * dayMs;
