import type { ProblemKind } from '../../contract/verify.ts';

/** Explains each kind of problem to the operator. */
export const problemWords: Readonly<Record<ProblemKind, string>> = {
  missing: 'stored once, and gone from the bucket: that footage is lost',
  'wrong size': 'cut or changed in the bucket',
  'wrong content': 'changed in the bucket: it is not what its name says',
  unreadable: 'the store does not hand it out',
  unknown: 'the ledger does not have it; cctv ledger rebuild would',
  strange: 'no footage of ours; left alone',
  elsewhere: 'the ledger has another bucket.prefix for it than the configuration',
};
