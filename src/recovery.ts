// What brings a ledger back while no daemon runs.

export { compareLedgers } from './catalog/rebuild-compare.ts';
export { replaceLedger } from './catalog/rebuild-replace.ts';
export { rebuildLedger } from './catalog/rebuild.ts';
export { lockDirectory } from './spool/lock.ts';
export { createObjectStore } from './storage/object-store.ts';
