import { Scope } from './scope.ts';

/** Begins `task`, which never rejects, and ends it when disposed of: that waits until it has ended. */
export function background(task: (signal: AbortSignal) => Promise<void>): AsyncDisposable {
  const life = new Scope();
  const done = task(life.signal);
  return {
    async [Symbol.asyncDispose]() {
      life[Symbol.dispose]();
      await done;
    },
  };
}
