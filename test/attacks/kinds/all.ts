import type { Attack } from '../attack.ts';
import { badCameras } from './bad-camera.ts';
import { cameraMessages } from './camera-messages.ts';
import { dialIns } from './dial-ins.ts';
import { fuzzes } from './fuzz.ts';
import { handshakes } from './handshakes.ts';
import { wrongPasswords } from './log-ins.ts';
import { nobody } from './nobody.ts';
import { routes } from './routes.ts';
import { rtspHeaders } from './rtsp-headers.ts';
import { badCarriers, badStores } from './servers.ts';
import { slots } from './slots.ts';

export const attacks: readonly Attack[] = [
  ...nobody,
  rtspHeaders,
  ...cameraMessages,
  dialIns,
  ...badCameras,
  ...wrongPasswords,
  handshakes,
  ...slots,
  ...fuzzes,
  routes,
  ...badStores,
  ...badCarriers,
];
