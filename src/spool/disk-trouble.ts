import { errorCode, OperatorError } from '../lib/errors.ts';

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room or give the spool a larger one',
  EDQUOT: "the service's disk quota is used up; raise it",
  EIO: 'the disk reports a read or write error; check it (dmesg) and replace it',
  EROFS: 'the file system is read-only, often after an error; check it (dmesg)',
  EXDEV:
    'the file lies on another file system than the spool; the recording and ready directories must share one',
  EACCES: "the service's user may not write there; mend the owner or mode of the spool",
  EMFILE: 'this process has no file descriptor left; raise its limit (LimitNOFILE)',
  ENFILE: 'this machine has no file descriptor left; raise fs.file-max (sysctl)',
};

const ofTheDisk = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS']);

/** EDQUOT, for which libuv has no name. */
const quotaErrno = -122;

const troubleCode = (error: unknown): string =>
  error instanceof Error && 'errno' in error && error.errno === quotaErrno
    ? 'EDQUOT'
    : (errorCode(error) ?? '');

/** What a system error means for the operator, and what to do; undefined for an unknown error. */
export const explainTrouble = (error: unknown): string | undefined => words[troubleCode(error)];

/** Whether an error says that the whole disk takes no writes. */
export const isDiskTrouble = (error: unknown): boolean => ofTheDisk.has(troubleCode(error));

/** Whether an error says that the disk or its quota is full. */
export const isWantOfRoom = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes(troubleCode(error));

/** An error with the message `head`, followed by an explanation for the operator, if any. */
export function inPlainWords(error: unknown, head: string): Error {
  const explained = explainTrouble(error);
  if (explained === undefined) return new Error(head, { cause: error });
  return new OperatorError(`${head}: ${explained}`, { cause: error });
}
