import type { OwnCamera } from '../../contract/cameras.ts';
import { slowLineWords } from '../../model/slow-line.ts';
import { stateWords } from '../camera-words.ts';

/** A full dot while a camera records, else a hollow square: the shapes differ for colour-blind users. */
export const Mark = () => <span class="mark" aria-hidden="true" />;

interface CameraStateProps {
  readonly camera: OwnCamera;
  readonly nowMs: number;
  readonly timeZone: string;
  /** Set if screen readers should announce each change. */
  readonly role?: 'status';
}

export const CameraState = ({ camera, nowMs, timeZone, role }: CameraStateProps) => (
  <>
    <p class="state" role={role}>
      <Mark />
      {stateWords(camera, nowMs, timeZone)}
    </p>
    {camera.slowLine && (
      // Its numbers change all the time: no status, which would be read out each time.
      <p class="state line">Pictures may be missing: {slowLineWords(camera.slowLine)}.</p>
    )}
  </>
);

/** A small bar that shows the recorded share, from 0 to 1. */
export const Share = ({ of: part }: { readonly of: number }) => (
  <span class="share" aria-hidden="true">
    <span style={{ width: `${100 * part}%` }} />
  </span>
);
