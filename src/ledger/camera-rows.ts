import { number, optional, type Row, text } from './rows.ts';
import type { Amount, Camera, CameraKey, CameraTotals, ProfileName } from '../model/camera.ts';

interface StateTotals extends Amount {
  readonly newestEndMs: number;
}

const nothing: Amount = { segments: 0, bytes: 0, durationMs: 0 };

const amount = (totals: Amount = nothing): Amount => ({
  segments: totals.segments,
  bytes: totals.bytes,
  durationMs: totals.durationMs,
});

function readTotals(json: string): CameraTotals {
  const { stored, spooled } = JSON.parse(json) as { stored?: StateTotals; spooled?: StateTotals };
  const ends = [stored, spooled].flatMap((totals) => (totals ? [totals.newestEndMs] : []));
  return {
    stored: amount(stored),
    spooled: amount(spooled),
    ...(ends.length === 0 ? {} : { newestEndMs: Math.max(...ends) }),
  };
}

function readKeys(json: string): CameraKey[] {
  const keys = JSON.parse(json) as (Omit<CameraKey, 'isSuccessor'> & { successor: number })[];
  return keys.map(({ successor, ...key }) => ({ ...key, isSuccessor: successor === 1 }));
}

/** The former names of a camera and of its account, from columns that are JSON. */
export const readFormerNames = (row: Row) => ({
  formerNames: JSON.parse(text(row, 'formerNames')) as string[],
  formerAccounts: JSON.parse(text(row, 'formerAccounts')) as string[],
});

/** A camera from a row whose keys and totals are JSON. */
export function readCamera(row: Row): Camera {
  return {
    account: text(row, 'account'),
    camera: text(row, 'camera'),
    rtspPath: text(row, 'rtspPath'),
    ...optional(row, 'rtspUser', text),
    ...optional(row, 'rtspPassword', text),
    // The schema allows no other words.
    ...optional(row, 'profile', (from, column) => text(from, column) as ProfileName),
    createdMs: number(row, 'createdMs'),
    ...optional(row, 'newSinceMs', number),
    ...optional(row, 'disabledMs', number),
    ...optional(row, 'firstContactMs', number),
    ...readFormerNames(row),
    keys: readKeys(text(row, 'keys')),
    totals: readTotals(text(row, 'totals')),
  };
}
