import type { CameraStatus } from '../contract/cameras.ts';
import type { RefusedConfiguration, SpoolStatus, UploadStatus } from '../contract/status.ts';

export interface ServiceState {
  readonly cameras: readonly Pick<CameraStatus, 'state'>[];
  readonly spool: Pick<SpoolStatus, 'files' | 'bytes' | 'disk'>;
  readonly uploads: Pick<UploadStatus, 'failing' | 'refused'>;
  readonly serverTroubles?: readonly string[];
  readonly refusedConfiguration?: RefusedConfiguration | undefined;
}

/** The state of the daemon in one line, problems first. */
export function statusLine(
  { cameras, spool, uploads, serverTroubles = [], refusedConfiguration: refused }: ServiceState,
  problems: readonly string[],
): string {
  const recording = cameras.filter(({ state }) => state === 'recording').length;
  const megabytes = Math.round(spool.bytes / 1e6);
  return [
    ...(problems.length === 0 ? [] : [`NOT WELL: ${problems.join('; ')}`]),
    ...(refused === undefined
      ? []
      : [`CONFIGURATION REFUSED, running with ${refused.copy}: ${refused.problems.join('; ')}`]),
    ...serverTroubles.map((trouble) => `SERVER: ${trouble}`),
    ...(uploads.failing === undefined ? [] : [`UPLOADS FAIL: ${uploads.failing.cause}`]),
    ...(uploads.refused === undefined
      ? []
      : [`${uploads.refused.segments} segments NOT TAKEN by the store: ${uploads.refused.cause}`]),
    ...(spool.disk.state === 'full' ? ['DISK FULL'] : []),
    ...(spool.disk.state === 'unusable' ? [`DISK UNUSABLE: ${spool.disk.detail ?? ''}`] : []),
    `${cameras.length} cameras connected, ${recording} recording`,
    spool.files === 0 ? 'spool empty' : `${spool.files} segments (${megabytes} MB) in the spool`,
  ].join('; ');
}
