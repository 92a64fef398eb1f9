import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { silentLog } from '../../src/lib/log.ts';
import { openSpool, type Spool } from '../../src/spool/spool.ts';
import { createObjectStore, type ObjectStoreOptions } from '../../src/storage/object-store.ts';
import { startUploader } from '../../src/storage/uploader.ts';
import { frontDoor, writeFootage } from '../support/segments.ts';
import { answer } from './answering-process.ts';

// The spool and the uploader as the daemon has them.

export type UploaderQuestion =
  | { readonly directory: string; readonly store: Omit<ObjectStoreOptions, 'log'> }
  /** Fills the spool. */
  | { readonly files: number; readonly bytes: number }
  /** Brings all of the spool to the bucket. */
  | { readonly upload: true };

export interface Uploaded {
  readonly stored: number;
  /** Of these, the store has confirmed the content of so many by a checksum. */
  readonly proven: number;
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly peakKib: number;
}

let spool: Spool | undefined;
let options: Omit<ObjectStoreOptions, 'log'> | undefined;
let minute = 0;

const peakKib = (): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);

async function upload(from: Spool, to: Omit<ObjectStoreOptions, 'log'>): Promise<Uploaded> {
  let stored = 0;
  let proven = 0;
  // From here on the peak is that of what follows (proc_pid_clear_refs).
  writeFileSync('/proc/self/clear_refs', '5');
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  using store = createObjectStore({ ...to, log: silentLog });
  await using uploader = startUploader({
    spool: from,
    store,
    log: silentLog,
    onStored: (_, { checksum }) => {
      stored += 1;
      if (checksum !== 'read-back') proven += 1;
    },
  });
  while (from.usage().files > 0) {
    const { failing } = uploader.status();
    if (failing !== undefined) throw new Error(JSON.stringify(failing));
    await delay(10);
  }
  const tookMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { stored, proven, tookMs, cpuMs: (user + system) / 1e3, peakKib: peakKib() };
}

answer<UploaderQuestion>(async (question): Promise<object> => {
  if ('directory' in question) {
    options = question.store;
    spool = await openSpool({ directory: question.directory, log: silentLog });
    return {};
  }
  if (spool === undefined || options === undefined) throw new Error('which spool?');
  if ('upload' in question) return await upload(spool, options);
  for (let file = 0; file < question.files; file += 1) {
    minute += 1;
    await spool.publish(frontDoor, await writeFootage(spool, frontDoor, minute, question.bytes));
  }
  return {};
});
