/** A configuration that can't be used, while the daemon runs with the one that was good last. */
export interface RefusedConfiguration {
  readonly file: string;
  /** All that is wrong with it, a sentence each. */
  readonly problems: readonly string[];
  /** What is used instead: a copy of the file as it was. */
  readonly copy: string;
  /** When that was copied, in milliseconds since 1970. */
  readonly copiedAtMs: number;
}
