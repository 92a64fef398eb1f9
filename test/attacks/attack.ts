import type { Random } from '../faults/random.ts';

/** Where the attacked daemon is, and what attackers have been given of it. */
export interface Target {
  readonly tunnelPort: number;
  readonly gatewayPort: number;
  readonly webPort: number;
  /** Names and private keys of cameras that are enrolled and mean harm. */
  readonly cameras: readonly { readonly user: string; readonly privateKey: string }[];
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
}

/** Who attacks. "nobody" only takes CPU: what is lost then is lost by the machine. */
export type Attacker = 'nobody' | 'stranger' | 'camera' | 'owner' | 'store' | 'carrier';

export interface Attack {
  readonly name: string;
  readonly by: Attacker;
  /** What is counted, such as "headers". */
  readonly unit: string;
  /** Goes on until the signal aborts. It runs in a process of its own. */
  run(tools: Tools): Promise<void>;
}

/** Addresses of strangers: the networks 10.0.0.0/8 all lead to this machine in the command's namespace. */
export function strangerAddress(network: number, host: number): string {
  return `10.${1 + ((network >> 8) % 199)}.${network & 255}.${1 + (host % 254)}`;
}
