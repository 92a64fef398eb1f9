import { OperatorError } from '../lib/errors.ts';

/** Longer than the sum of all grace times of a stop; shorter than systemd's stop timeout (90 s). */
const lastResortMs = 60_000;

/**
 * Aborts at the first SIGINT or SIGTERM, and then stops listening, so that a second signal kills. Exits
 * if the process still runs {@link lastResortMs} later.
 */
export function onStopSignals(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const forget = (): void => {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  };
  const stop = (name: NodeJS.Signals): void => {
    forget();
    setTimeout(() => {
      process.stderr.write(`cctvd: still not stopped after ${lastResortMs / 1000} s, giving up\n`);
      process.exit(1);
    }, lastResortMs).unref();
    controller.abort(new OperatorError(`stopped by ${name}`));
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  return { signal: controller.signal, [Symbol.dispose]: forget };
}
