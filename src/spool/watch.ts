import { watch } from 'chokidar';
import { describeError } from '../lib/errors.ts';
import type { FloodGate } from '../lib/flood-gate.ts';

/**
 * Calls `onPath` soon after something new appeared below `root`. It is for speed only: events may be
 * lost or cease altogether (the kernel's limit of watches), which is said in one line; the rescan
 * finds what it misses.
 */
export function watchTree(
  root: string,
  onPath: (path: string) => void,
  gate: FloodGate,
): AsyncDisposable {
  const watcher = watch(root, {
    // The first scan is ours.
    ignoreInitial: true,
    depth: 2,
    followSymlinks: false,
    // A file that went and came again is two events to us.
    atomic: false,
    // A rename puts whole files here, so there is no end of writing to wait for.
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
