import { readFileSync } from 'node:fs';

// Preloaded into a daemon (--import): its time of day is the machine's and as many milliseconds more as the
// file says that the environment names. The clocks that measure durations are not touched.

const file = process.env['STEPPED_CLOCK_FILE'] ?? '';
const readEveryMs = 20;
const RealDate = Date;
const realNow = RealDate.now;
let aheadMs = 0;

function read(): void {
  try {
    aheadMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // There is none before the first step. A process may also be out of file descriptors.
  }
}

read();
setInterval(read, readEveryMs).unref();
RealDate.now = () => realNow() + aheadMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget) as object,
});
