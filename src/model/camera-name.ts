/** An account and a camera of it, written `account/camera`. */
export interface CameraName {
  readonly account: string;
  readonly camera: string;
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a name may look like (a DNS label, RFC 1123 section 2.1), in words. */
export const labelRule = '1 to 63 of a-z, 0-9 and -, not beginning or ending with -';

/** Whether `name` can be the name of an account or a camera. */
export const isLabel = (name: string): boolean => label.test(name);

export const formatCameraName = ({ account, camera }: CameraName): string => `${account}/${camera}`;

/** Reads `account/camera`; undefined if it is not of that form. */
export function parseCameraName(text: string): CameraName | undefined {
  const [account = '', camera = '', ...rest] = text.split('/');
  return rest.length === 0 && isLabel(account) && isLabel(camera) ? { account, camera } : undefined;
}
