// What brings a ledger back while no daemon runs.

export { compareLedgers } from './ledger/rebuild-compare.ts';
export { replaceLedger } from './ledger/rebuild-replace.ts';
export { rebuildLedger } from './ledger/rebuild.ts';
export { lockDirectory } from './spool/lock.ts';
export { createObjectStore } from './storage/object-store.ts';
