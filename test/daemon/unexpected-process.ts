import { handleUnexpected } from '../../src/daemon/last-handler.ts';
import { createLog } from '../../src/lib/log.ts';

/** Makes errors that no code takes, and ends by itself when all were counted. */
const all = Promise.withResolvers<void>();
let seen = 0;
using _unexpected = handleUnexpected(createLog({ format: 'json', level: 'info' }), () => {
  seen += 1;
  if (seen === 3) all.resolve();
});
setTimeout(() => {
  throw new Error('thrown in a timer');
});
for (let count = 0; count < 2; count += 1) {
  setTimeout(() => {
    void Promise.reject(new Error('rejected in a timer'));
  });
}
// Rejections alone would not keep the process.
const life = setTimeout(() => {}, 60_000);
await all.promise;
clearTimeout(life);
