import type { CameraAnswer } from '../contract/cameras.ts';
import type { DaemonClient } from './client.ts';

/** All cameras that were added or are connected; only those of `account` if it is given. */
export async function allCameras(client: DaemonClient, account?: string): Promise<CameraAnswer[]> {
  const cameras: CameraAnswer[] = [];
  for await (const page of client.pages('/cameras', 'CamerasAnswer', { account })) {
    cameras.push(...page.cameras);
  }
  return cameras;
}
