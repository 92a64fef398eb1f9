import type { Ledger } from '../ledger/ledger.ts';
import type { Camera } from '../model/camera.ts';
import type { Askers } from './api.ts';
import { notThere } from '../lib/http-error.ts';

/** Whether a viewer may see a camera of the account. */
export const maySee = ({ cameras }: Askers['viewer'], camera: string): boolean =>
  cameras === undefined || cameras.includes(camera);

/** @throws {HttpError} 404 if there is none that the viewer may see: the two look alike */
export function requireCamera(ledger: Ledger, viewer: Askers['viewer'], camera: string): Camera {
  const { account } = viewer;
  const found = maySee(viewer, camera) ? ledger.cameras.find({ account, camera }) : undefined;
  if (found === undefined) throw notThere();
  return found;
}
