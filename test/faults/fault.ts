import type { GapCause } from '../../src/model/gap-cause.ts';
import type { FaultProxy } from '../support/fault-proxy.ts';
import type { NarrowLine } from '../support/narrow-line.ts';
import type { Site, SiteCamera } from '../support/site.ts';
import type { SmallDisk } from '../support/small-disk.ts';

/** All that faults are inflicted on. */
export interface Scene {
  readonly site: Site;
  readonly cameras: readonly SiteCamera[];
  /** Between each camera and the daemon. */
  readonly lines: ReadonlyMap<SiteCamera, NarrowLine>;
  /** Between the daemon and the store. */
  readonly store: FaultProxy;
  /** Holds the spool. The ledger is elsewhere: SQLite does not go where only the test sees the disk. */
  readonly disk: SmallDisk;
  readonly spoolDirectory: string;
  /** Names of the segments that were damaged or deleted in the spool. */
  readonly harmed: Set<string>;
  /** What should not have come about. */
  readonly troubles: string[];
  /** While above 0 it is our doing if the daemon is not there. */
  daemonAway: number;
  /** A daemon that starts now would take another disk for its spool. */
  isSpoolCovered: boolean;
}

/**
 * What a fault has for itself while it lasts, so that no other undoes it: all else goes wrong at the
 * same time. The first three are each camera's own.
 */
export type Place = 'camera' | 'tunnel' | 'programs' | 'store' | 'disk' | 'spooled file' | 'daemon';

export interface FaultKind {
  readonly name: string;
  readonly place: Place;
  /** How often, in relation to the others. */
  readonly weight: number;
  /** How long it lasts: from, to; in seconds. */
  readonly lasts: readonly [number, number];
  /** For what causes there may then be no footage; none: it must not be seen in the footage. */
  readonly causes: readonly GapCause[];
  /**
   * @param chance from 0 to 1, the same for the same seed
   * @returns how to end it; undefined if there was nothing to inflict it on
   */
  inflict(scene: Scene, camera: SiteCamera, chance: number): Promise<Heal | undefined>;
}

export type Heal = () => Promise<void> | void;

/** Nothing is to be healed. */
export const done: Heal = () => {};

export const isCamerasOwn = ({ place }: FaultKind): boolean =>
  place === 'camera' || place === 'tunnel' || place === 'programs';
