import { OperatorError } from '../lib/errors.ts';

export type Family = 'dafang' | 'thingino';

export interface Model {
  readonly name: string;
  readonly family: Family;
  /** A folder of the firmware whose files replace those in `driver`. */
  readonly driver?: string;
}

/** Default RTSP server of a family's cameras. */
export interface RtspServer {
  /** Address from the camera's own view. */
  readonly address: string;
  readonly path: string;
  readonly login?: { readonly user: string; readonly password: string };
}

export const rtspOf: Readonly<Record<Family, RtspServer>> = {
  dafang: { address: '127.0.0.1:8554', path: '/unicast' },
  thingino: {
    address: '127.0.0.1:554',
    path: '/ch0',
    login: { user: 'thingino', password: 'thingino' },
  },
};

export const models: readonly Model[] = [
  { name: 'dafang', family: 'dafang' },
  { name: 'xiaofang', family: 'dafang' },
  { name: 'xiaofang-t20l', family: 'dafang', driver: 'driver_t20l' },
  { name: 'wyzecam-v2', family: 'dafang' },
  { name: 'wyzecam-pan', family: 'dafang' },
  { name: 'neos', family: 'dafang' },
  { name: 'thingino', family: 'thingino' },
];

/** @throws {OperatorError} there is no such model */
export function findModel(name: string): Model {
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found;
  throw new OperatorError(
    `There is no model "${name.slice(0, 100)}". There are: ${models.map((model) => model.name).join(', ')} (any camera that runs thingino).`,
  );
}
