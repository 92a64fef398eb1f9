import type { DatabaseSync } from 'node:sqlite';
import type { CameraName } from '../lib/names.ts';
import type { CameraIds } from './camera-ids.ts';
import type { Continuity, ContinuityRange } from './types.ts';

export interface ContinuityQueries {
  /**
   * Where each millisecond of a range of a camera's time is: stored, spooled, or missing with a cause.
   *
   * @throws {UnknownNameError} for a name that never had footage nor was added
   */
  continuity(camera: CameraName, range: ContinuityRange): Continuity;
}

export function prepareContinuity(_database: DatabaseSync, ids: CameraIds): ContinuityQueries {
  return {
    continuity(camera) {
      ids.require(camera);
      throw new Error('not built yet');
    },
  };
}
