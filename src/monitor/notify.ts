import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { OperatorError } from '../lib/errors.ts';

/** The service manager that started this process (systemd); it is told how the process is doing. */
export interface ServiceManager {
  /** Without a call of {@link alive} for this long it restarts the process; absent: never. */
  readonly watchdogMs?: number;
  /** The process has started: `systemctl start` returns. */
  ready(): void;
  /** The process is about to end. */
  stopping(): void;
  /** One line, shown by `systemctl status`. */
  status(text: string): void;
  /** The process is healthy: resets the watchdog. */
  alive(): void;
}

/** systemctl shows no more, and a datagram has a limit. */
const maxStatusLength = 500;

/**
 * The service manager, if one wants to be notified (sd_notify(3)). Messages may be lost while it is
 * busy or restarts, and are repeated.
 *
 * @throws {OperatorError} if it can't be notified; it would kill us later
 */
export function findServiceManager(env: NodeJS.ProcessEnv): ServiceManager | undefined {
  const path = env['NOTIFY_SOCKET'];
  if (!path) return undefined;
  const send = loadAddon();
  const tell = (text: string): void => {
    const number = send(path, text);
    // It is busy (EAGAIN), or restarts.
    if (number === 0 || ['EAGAIN', 'ECONNREFUSED', 'ENOENT'].includes(nameOf(number))) return;
    throw new OperatorError(
      `The service manager can't be told anything at ${path} (${nameOf(number)}). Start this as a service of Type=notify, or without NOTIFY_SOCKET.`,
    );
  };
  const watchdogMs = watchdogOf(env);
  return {
    watchdogMs,
    ready: () => tell('READY=1'),
    stopping: () => tell('STOPPING=1'),
    status: (text) => tell(`STATUS=${text.replaceAll(/\s+/g, ' ').slice(0, maxStatusLength)}`),
    alive: () => tell('WATCHDOG=1'),
  };
}

/** As sd_watchdog_enabled(3) reads it. */
function watchdogOf(env: NodeJS.ProcessEnv): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const isOurs = (env['WATCHDOG_PID'] ?? String(process.pid)) === String(process.pid);
  return isOurs && microseconds > 0 ? microseconds / 1_000 : undefined;
}

const nameOf = (number: number): string => getSystemErrorName(-number);

type Send = (path: string, text: string) => number;

function loadAddon(): Send {
  const root = join(import.meta.dirname, '..', '..');
  // The package has it at its root, a checkout in .tools.
  const installed = join(root, 'notify.node');
  const built = join(root, '.tools', 'notify', 'notify.node');
  try {
    return createRequire(import.meta.url)(existsSync(installed) ? installed : built) as Send;
  } catch (cause) {
    throw new OperatorError(
      `The service manager wants to be notified, and ${built}, which does it, can't be loaded. Run bin/tools in ${root}.`,
      { cause },
    );
  }
}
