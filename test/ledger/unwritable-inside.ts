import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../src/ledger/ledger.ts';

// A process in a mount namespace of its own that makes the disk of its ledger full, then read-only, and
// prints after each step what the ledger says of it.
const [disk = ''] = process.argv.slice(2);
const filler = join(disk, 'filler');
using ledger = openLedger(join(disk, 'ledger', 'ledger.sqlite'), { alone: true });

async function tell(): Promise<void> {
  await ledger.watch.look();
  console.log(ledger.watch.problem ?? 'well');
}

ledger.accounts.add('bach');
await tell();
try {
  for (;;) writeFileSync(filler, Buffer.alloc(4096), { flag: 'a' });
} catch {
  // It is full now.
}
await tell();
rmSync(filler);
await tell();
// A bind mount, since the file system itself is busy: the ledger has files open for writing.
execFileSync('mount', ['--bind', disk, disk]);
execFileSync('mount', ['-o', 'remount,bind,ro', disk]);
await tell();
execFileSync('umount', [disk]);
await tell();
