// Writes segments into the ledger named on the command line and says each one's number when it is
// stored, until it is killed.
import { writeSync } from 'node:fs';
import { openLedger } from '../../src/ledger/ledger.ts';

using ledger = openLedger(process.argv[2] ?? '');
const bach = { account: 'bach', camera: 'front-door' };
ledger.accounts.add('bach');
ledger.cameras.add({
  ...bach,
  key: { algorithm: 'ssh-ed25519', blob: Buffer.from('k'), fingerprint: 'SHA256:k', comment: '' },
});
for (let n = 1; ; n += 1) {
  const segment = { ...bach, startMs: n, durationMs: 1, bytes: 1, sha256: 'ab'.repeat(32) };
  ledger.segments.spooled(segment);
  ledger.segments.stored(segment, { key: `${n}` });
  writeSync(1, `${n}\n`);
}
