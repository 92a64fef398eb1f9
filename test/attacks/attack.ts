import type { Random } from '../faults/random.ts';

/** With which somebody logs in at the page. */
export interface Person {
  readonly account?: string;
  readonly user: string;
  readonly password: string;
}

/** Where the attacked daemon is, and what attackers have been given of it. */
export interface Target {
  readonly tunnelPort: number;
  readonly gatewayPort: number;
  readonly webPort: number;
  /** Names and private keys of cameras that are enrolled and mean harm. */
  readonly cameras: readonly { readonly user: string; readonly privateKey: string }[];
  /** Who has an account at the page: an owner, somebody who may see one camera of his, and another owner. */
  readonly people: Readonly<Record<'owner' | 'restricted' | 'victim', Person>>;
  /** Ports at which the daemon's store, and its carriers of alerts, are told to misbehave. */
  readonly storeControl: number;
  readonly carrierControl: number;
  /** The daemon's control socket: only for what an operator would do while carriers misbehave. */
  readonly controlSocket: string;
}

export interface Tools {
  readonly target: Target;
  readonly random: Random;
  /** Aborts when the attack is to end. */
  readonly signal: AbortSignal;
  /** Something was done to the daemon, so many times. */
  readonly count: (times?: number) => void;
  /** The daemon did what it must not do, in words. */
  readonly wrong: (words: string) => void;
}

/** Who attacks. "nobody" only takes CPU: what is lost then is lost by the machine. */
export type Attacker = 'nobody' | 'stranger' | 'camera' | 'owner' | 'store' | 'carrier';

/** How long each attack goes on, unless the command is told otherwise. */
export const usualSeconds = 20;

export interface Attack {
  readonly name: string;
  readonly by: Attacker;
  /** What is counted, such as "headers". */
  readonly unit: string;
  /** It goes on until so much is counted, even if its time is over; of a run with {@link usualSeconds}. */
  readonly atLeast?: number;
  /** Goes on until the signal aborts. It runs in a process of its own. */
  run(tools: Tools): Promise<void>;
}

/** Addresses of strangers: the networks 10.0.0.0/8 all lead to this machine in the command's namespace. */
export function strangerAddress(network: number, host: number): string {
  return `10.${1 + ((network >> 8) % 199)}.${network & 255}.${1 + (host % 254)}`;
}
