import { appendFileSync } from 'node:fs';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool } from '../../src/spool/spool.ts';
import { createObjectStore, type ObjectStoreOptions } from '../../src/storage/object-store.ts';
import { startUploader } from '../../src/storage/uploader.ts';

// A process that uploads a spool until it is killed, or until the spool is empty.
const [directory = '', notes = '', options = ''] = process.argv.slice(2);
await using spool = await openSpool({ directory, log: silentLog });
using store = createObjectStore({
  ...(JSON.parse(options) as ObjectStoreOptions),
  log: silentLog,
});
await using uploader = startUploader({
  spool,
  store,
  log: silentLog,
  retry: { minMs: 50, maxMs: 200 },
  onStored: (_, proof) => appendFileSync(notes, `${proof.key}\n`),
});
console.log('begun');
while (spool.usage().files > 0) await new Promise((resolve) => setTimeout(resolve, 50));
console.log(`stored ${uploader.status().storedCount}`);
