/** What is wrong with an object, or with what the ledger says of it. */
export const problemKinds = [
  /** The ledger has it as stored, and the bucket doesn't hold it. */
  'missing',
  'wrong size',
  /** It was read, and is not what its name says. */
  'wrong content',
  /** It could not be read, though the bucket shows it. */
  'unreadable',
  /** It looks like a segment, and the ledger doesn't know of it. */
  'unknown',
  /** It is no segment. */
  'strange',
  /** The ledger has it under a key that does not begin as the configuration says. */
  'elsewhere',
] as const;

export type ProblemKind = (typeof problemKinds)[number];

export interface Problem {
  readonly kind: ProblemKind;
  readonly key: string;
  /** In plain words; may be empty. */
  readonly detail: string;
}

/** How far it got, and at the end, what there was. */
export interface VerifySums {
  /** Camera names that were gone through, of those found so far. */
  readonly cameras: number;
  readonly ofCameras: number;
  /** Objects that are as the ledger says. */
  readonly objects: number;
  readonly bytes: number;
  /** Of them, those whose content was read. */
  readonly read: number;
  /** Segments that are in the spool still, or just being uploaded. */
  readonly underWay: number;
  readonly problems: Readonly<Record<ProblemKind, number>>;
}

/** One line of the answer to GET /verify. `sums` or `failed` is the last; without either it was cut. */
export type VerifyEvent =
  | ({ readonly type: 'problem' } & Problem)
  | ({ readonly type: 'progress' } & VerifySums)
  | ({
      readonly type: 'sums';
      /** Accounts of other ledgers that share the bucket. They were not looked at. */
      readonly otherAccounts: readonly string[];
    } & VerifySums)
  | { readonly type: 'failed'; readonly error: string };
