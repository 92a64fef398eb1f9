import { OperatorError } from '../lib/errors.ts';

/** Longer than all grace times of a stop together; shorter than systemd's patience (90 s). */
const lastResortMs = 60_000;

/**
 * Aborts at the first SIGINT or SIGTERM and then listens no more, so that a second one kills. Should
 * something hold the process up after that, it is ended all the same.
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
