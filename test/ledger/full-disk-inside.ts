import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLedger } from '../../src/ledger/ledger.ts';

// A process that fills the disk of its ledger, decides alerts all the same, and prints how many.
const [directory = ''] = process.argv.slice(2);
using ledger = openLedger(join(directory, 'ledger', 'ledger.sqlite'));
ledger.accounts.add('bach');
ledger.alerts.reserveRoom(5 * 1024 * 1024);
let isFull = false;
try {
  for (;;) writeFileSync(join(directory, 'fill'), Buffer.alloc(4096), { flag: 'a' });
} catch {
  isFull = true;
}
let decided = 0;
try {
  for (; decided < 500; decided += 1) {
    ledger.alerts.decide({
      judgements: [[`camera ${decided % 50}`, { told: true, decided }]],
      messages: [
        {
          id: `m${decided}`,
          account: 'bach',
          contactName: 'anna',
          eventKey: `${decided}`,
          kind: 'not-recording',
          event: { cameras: ['x'.repeat(200)] },
          createdMs: 1_000,
          text: 'x'.repeat(100),
          subject: 'stopped',
          deliveries: [{ kind: 'sms', channel: 'kannel', address: '+6591234567' }],
        },
      ],
    });
    const delivery = { message: `m${decided}`, position: 0 };
    ledger.alerts.changeDelivery(delivery, ['queued'], { state: 'sending', nowMs: 2_000 });
    ledger.alerts.changeDelivery(delivery, ['sending'], { state: 'accepted', nowMs: 3_000 });
  }
} catch (error) {
  console.log(String(error));
}
console.log(isFull ? `decided ${decided}` : 'the disk did not become full');
