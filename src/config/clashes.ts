import { isIPv4 } from 'node:net';
import type { Config } from './config.ts';
import type { ListenAddress } from './fields.ts';
import type { Path } from './document.ts';

interface NamedListener<T> {
  /** Path of the option. */
  readonly path: Path;
  readonly value: T;
}

/**
 * Options whose values exclude each other: two listeners on one address, or one file for two purposes.
 * Each entry names the option to change and describes the problem.
 */
export function clashes(config: Config): { readonly path: Path; readonly problem: string }[] {
  const found: { path: Path; problem: string }[] = [];
  const pairs = <T>(
    all: readonly NamedListener<T>[],
    clash: (one: T, other: T) => boolean,
    problem: (name: string) => string,
  ): void => {
    for (const [index, one] of all.entries()) {
      const other = all.slice(0, index).find(({ value }) => clash(value, one.value));
      if (other !== undefined) {
        found.push({ path: one.path, problem: problem(other.path.join('.')) });
      }
    }
  };
  pairs(
    listeners(config),
    overlap,
    (name) => `is an address on which ${name} listens already: give one of them another port`,
  );
  pairs(
    files(config),
    (one, other) => one === other,
    (name) => `is the file of ${name}, too: give one of them another`,
  );
  return found;
}

/** Each address on which the daemon would listen, in the order in which the daemon opens them. */
export function listeners(config: Config): NamedListener<ListenAddress>[] {
  const { tunnel, gateway, alerts, console: pages, metrics } = config;
  const all: readonly NamedListener<ListenAddress | undefined>[] = [
    { path: ['tunnel', 'listen'], value: tunnel.listen },
    { path: ['gateway', 'listen'], value: gateway?.listen },
    { path: ['gateway', 'tls', 'listen'], value: gateway?.tls?.listen },
    { path: ['alerts', 'reports', 'listen'], value: alerts?.reports?.listen },
    { path: ['console', 'web', 'listen'], value: pages.web?.listen },
    { path: ['metrics', 'listen'], value: metrics?.listen },
  ];
  return all.flatMap(({ path, value }) => (value === undefined ? [] : [{ path, value }]));
}

function files({ ledgerFile, tunnel, control }: Config): NamedListener<string>[] {
  return [
    { path: ['ledgerFile'], value: ledgerFile },
    { path: ['tunnel', 'hostKeyFile'], value: tunnel.hostKeyFile },
    { path: ['tunnel', 'nextHostKeyFile'], value: tunnel.nextHostKeyFile },
    { path: ['control', 'socket'], value: control.socket },
  ];
}

/** Whether the kernel refuses the second of two listeners. Port 0 asks the kernel for any free port. */
function overlap(one: ListenAddress, other: ListenAddress): boolean {
  if (one.port !== other.port || one.port === 0) return false;
  const [a, b] = [hostOf(one), hostOf(other)];
  // Node's listener on :: accepts IPv4, too.
  if (a === b || a === '::' || b === '::') return true;
  return (a === '0.0.0.0' && isIPv4(b)) || (b === '0.0.0.0' && isIPv4(a));
}

function hostOf({ host }: ListenAddress): string {
  const name = host.toLowerCase();
  if (name === 'localhost') return '127.0.0.1';
  return /^[0:]+$/.test(name) ? '::' : name;
}
