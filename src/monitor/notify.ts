import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { OperatorError } from '../lib/errors.ts';

type ServiceEnvironment = Readonly<Record<string, string | undefined>>;

/** The service manager that started this process (systemd), which hears how it is doing. */
export interface ServiceManager {
  /** It is killed and started anew when {@link alive} isn't called for so long; absent: never. */
  readonly watchdogMs?: number;
  /** It has started; `systemctl start` returns. */
  ready(): void;
  /** It is about to end. */
  stopping(): void;
  /** One line, shown by `systemctl status`. */
  status(text: string): void;
  /** It is well: the watchdog waits anew. */
  alive(): void;
}

/** More would not be shown, and a datagram has an end. */
const maxStatusLength = 500;

/**
 * The service manager, if one wants to be notified (sd_notify(3)). What it is told may be lost while
 * it is busy or restarts; it is told again and again.
 *
 * @throws {OperatorError} if it wants to be and can't, which would end in its killing us
 */
export function findServiceManager(env: ServiceEnvironment): ServiceManager | undefined {
  const path = env['NOTIFY_SOCKET'];
  if (!path) return undefined;
  const send = loadAddon();
  const tell = (text: string): void => {
    const number = send(path, text);
    // Busy (EAGAIN), or gone for the moment of its own restart.
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
function watchdogOf(env: ServiceEnvironment): number | undefined {
  const microseconds = Number(env['WATCHDOG_USEC']);
  const isOurs = (env['WATCHDOG_PID'] ?? String(process.pid)) === String(process.pid);
  return isOurs && microseconds > 0 ? microseconds / 1_000 : undefined;
}

const nameOf = (number: number): string => getSystemErrorName(-number);

type Send = (path: string, text: string) => number;

function loadAddon(): Send {
  const root = join(import.meta.dirname, '..', '..');
  // As our package brings it, or as set-up puts it into a checkout.
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
