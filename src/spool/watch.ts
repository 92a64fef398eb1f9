import { watch } from 'chokidar';
import { describeError } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';

/**
 * Calls `onPath` soon after a new file appears below `root`. For speed only: events may be lost or
 * cease (the kernel's limit of watches); that is logged, and the rescan finds the missed files.
 */
export function watchTree(
  root: string,
  onPath: (path: string) => void,
  gate: FloodGate,
): AsyncDisposable {
  const watcher = watch(root, {
    // We do the first scan ourselves.
    ignoreInitial: true,
    depth: 2,
    followSymlinks: false,
    // We want two events for a file that is deleted and written again.
    atomic: false,
    // Files arrive whole, by rename.
    awaitWriteFinish: false,
  });
  watcher.on('add', (path) => onPath(path));
  watcher.on('error', (error) => {
    gate.warn('watch', 'the spool is watched in part only; its rescan finds the rest', {
      cause: describeError(error),
      hint: 'raise fs.inotify.max_user_watches and max_user_instances (sysctl)',
    });
  });
  return { [Symbol.asyncDispose]: () => watcher.close() };
}
