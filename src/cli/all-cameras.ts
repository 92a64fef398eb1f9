import type { CameraAnswer, CamerasAnswer } from '../contract/control.ts';
import type { DaemonClient } from './client.ts';

/** All cameras that were added or are connected; of one account if it is given. */
export async function allCameras(client: DaemonClient, account?: string): Promise<CameraAnswer[]> {
  const cameras: CameraAnswer[] = [];
  for await (const page of client.pages<CamerasAnswer>('/cameras', { account })) {
    cameras.push(...page.cameras);
  }
  return cameras;
}
