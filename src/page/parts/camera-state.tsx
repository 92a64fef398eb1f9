import type { OwnCamera } from '../../contract/cameras.ts';
import { stateWords } from '../camera-words.ts';

/** A full dot while a camera records, a hollow square while it does not; shapes, not colours alone. */
export const Mark = () => <span class="mark" aria-hidden="true" />;

interface CameraStateProps {
  readonly camera: OwnCamera;
  readonly nowMs: number;
  readonly timeZone: string;
  /** Where screen readers are to tell each change. */
  readonly role?: 'status';
}

export const CameraState = ({ camera, nowMs, timeZone, role }: CameraStateProps) => (
  <p class="state" role={role}>
    <Mark />
    {stateWords(camera, nowMs, timeZone)}
  </p>
);

/** How much of some time is recorded, from 0 to 1, as a small bar. */
export const Share = ({ of: part }: { readonly of: number }) => (
  <span class="share" aria-hidden="true">
    <span style={{ width: `${100 * part}%` }} />
  </span>
);
