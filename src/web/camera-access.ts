import type { Ledger } from '../ledger/ledger.ts';
import { notThere } from '../lib/http-error.ts';
import type { Camera } from '../model/camera.ts';
import type { ViewerSession } from './sessions.ts';

/** Whether a viewer may see a camera of the account. */
export const maySee = ({ cameras }: ViewerSession, camera: string): boolean =>
  cameras === undefined || cameras.includes(camera);

/** @throws {HttpError} 404, whether there is no such camera or the viewer may not see it */
export function requireCamera(ledger: Ledger, viewer: ViewerSession, camera: string): Camera {
  const { account } = viewer;
  const found = maySee(viewer, camera) ? ledger.cameras.find({ account, camera }) : undefined;
  if (found === undefined) throw notThere();
  return found;
}
