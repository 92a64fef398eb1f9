import type { DatabaseSync } from 'node:sqlite';
import { neverConnected } from '../model/camera-state.ts';
import type { GapCause } from '../model/gap-cause.ts';
import { transaction } from './database.ts';
import { isTrue, number, type Row, text } from './read.ts';
import type { StateRows } from './states.ts';

/** Notes the runs of daemons. Only the next run can note the downtime before it. */
export interface RunQueries {
  /**
   * Must be called before anything else: notes for each enabled camera that the daemon was down since its
   * last sign of life, and that the camera has not dialled in yet.
   */
  begin(version: string, nowMs: number): void;
  /** When a daemon ran last; undefined if none did. */
  lastAliveMs(): number | undefined;
  /** Notes that the daemon runs. The interval of calls limits how exactly a downtime is known. */
  alive(nowMs: number): void;
  /** Notes that the daemon stops regularly. Must be the last call of a run. */
  end(nowMs: number): void;
}

/** A last sign of life so far in the future was dated by a clock that was wrong. */
const aheadMs = 60_000;
const clockWasAhead = 'the clock of the run before was ahead of this one';

export function prepareRuns(database: DatabaseSync, states: StateRows): RunQueries {
  const findLast = database.prepare('SELECT version, aliveMs, stopped FROM daemon');
  const begin = database.prepare(
    `INSERT INTO daemon (id, version, aliveMs, stopped) VALUES (1, :version, :nowMs, 0)
     ON CONFLICT DO UPDATE SET version = excluded.version, aliveMs = excluded.aliveMs, stopped = 0`,
  );
  const setAlive = database.prepare('UPDATE daemon SET aliveMs = :nowMs, stopped = :stopped');
  const cameras = database.prepare(
    'SELECT id FROM cameras WHERE removedMs IS NULL AND disabledMs IS NULL',
  );

  const whyDown = (last: Row, version: string): readonly [GapCause, string] => {
    const before = text(last['version']);
    if (before !== version) return ['upgrade', `upgrade from ${before} to ${version}`];
    return ['daemon down', isTrue(last['stopped']) ? 'stopped' : 'killed or power cut'];
  };

  return {
    begin: (version, nowMs) =>
      transaction(database, () => {
        const last = findLast.get();
        for (const row of cameras.all()) {
          const camera = number(row['id']);
          const newest = states.newest(camera);
          // A camera that never dialled in missed nothing.
          if (newest?.state === neverConnected) continue;
          if (last !== undefined) {
            const aliveMs = number(last['aliveMs']);
            // States are noted at once, `aliveMs` only periodically: take the later as the last sign of life.
            const downMs = Math.max(aliveMs, newest?.atMs ?? 0);
            states.write(camera, ...whyDown(last, version), downMs);
            // What the run before recorded since its clock was set is dated as of later.
            if (aliveMs > nowMs + aheadMs)
              states.write(camera, 'clock jumped', clockWasAhead, nowMs - 1);
          }
          states.write(
            camera,
            'camera offline',
            'has not dialled in since the daemon started',
            nowMs,
          );
        }
        begin.run({ version, nowMs });
      }),
    lastAliveMs: () => {
      const last = findLast.get();
      return last && number(last['aliveMs']);
    },
    alive: (nowMs) => {
      setAlive.run({ nowMs, stopped: 0 });
    },
    end: (nowMs) => {
      setAlive.run({ nowMs, stopped: 1 });
    },
  };
}
