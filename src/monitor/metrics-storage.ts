import { wallNow } from '../lib/clock.ts';
import type { Registry } from 'prom-client';
import { diskStates, type SpoolStatus, type UploadStatus } from '../contract/status.ts';
import { counter, gauge, only } from './metrics-gauges.ts';

export interface StorageMetricsParts {
  readonly spoolUsage: () => SpoolStatus;
  readonly uploaderStatus: () => UploadStatus & {
    readonly storedBytes: number;
    readonly sampled: { readonly right: number; readonly wrong: number };
    readonly audited: number;
  };
}

export function addStorageMetrics(registry: Registry, parts: StorageMetricsParts): void {
  addSpoolMetrics(registry, parts.spoolUsage);
  addUploadMetrics(registry, parts.uploaderStatus);
}

function addSpoolMetrics(registry: Registry, spool: () => SpoolStatus): void {
  const one = (name: string, help: string, value: (status: SpoolStatus) => number | undefined) =>
    gauge(registry, { name, help }, () => only(value(spool())));
  const total = (name: string, help: string, value: (status: SpoolStatus) => number) =>
    counter(registry, { name, help }, () => only(value(spool())));

  one('cctv_spool_segments', 'Segments that are not stored yet', ({ files }) => files);
  one('cctv_spool_bytes', 'Their size', ({ bytes }) => bytes);
  one(
    'cctv_spool_oldest_age_seconds',
    'How long ago the oldest segment that is not stored yet began; 0 if there is none',
    ({ oldestMs }) => (oldestMs === undefined ? 0 : Math.max(0, wallNow() - oldestMs) / 1000),
  );
  gauge(
    registry,
    {
      name: 'cctv_spool_disk_state',
      help: '1 for the state that the disk of the spool is in, 0 for the others',
      labels: ['state'],
    },
    () => {
      const { state } = spool().disk;
      return diskStates.map((name) => [{ state: name }, Number(name === state)] as const);
    },
  );
  one(
    'cctv_spool_recording_halted',
    'Whether recording is halted because the disk is full',
    ({ disk }) => Number(disk.isFull),
  );
  one('cctv_spool_disk_free_bytes', 'Free on the disk of the spool', ({ disk }) => disk.freeBytes);
  one(
    'cctv_spool_disk_reserve_bytes',
    'What is to stay free on the disk of the spool',
    ({ disk }) => disk.reserveBytes,
  );
  one(
    'cctv_spool_budget_bytes',
    'All that may lie in the spool; absent without a budget',
    ({ disk }) => disk.budgetBytes,
  );
  one(
    'cctv_spool_damaged_bytes',
    'Files that were set aside because they are not what their names say',
    ({ disk }) => disk.damagedBytes,
  );
  total(
    'cctv_spool_dropped_segments_total',
    'Segments that were deleted to make room',
    ({ disk }) => disk.dropped.files,
  );
  total('cctv_spool_dropped_bytes_total', 'Their size', ({ disk }) => disk.dropped.bytes);
}

function addUploadMetrics(
  registry: Registry,
  uploads: StorageMetricsParts['uploaderStatus'],
): void {
  gauge(registry, { name: 'cctv_uploads_running', help: 'Segments being uploaded' }, () =>
    only(uploads().uploading),
  );
  gauge(registry, { name: 'cctv_uploads_waiting', help: 'Segments that wait to be uploaded' }, () =>
    only(uploads().waiting),
  );
  counter(
    registry,
    { name: 'cctv_stored_segments_total', help: 'Segments proven to be in the bucket' },
    () => only(uploads().stored),
  );
  counter(registry, { name: 'cctv_stored_bytes_total', help: 'Their size' }, () =>
    only(uploads().storedBytes),
  );
  gauge(
    registry,
    {
      name: 'cctv_upload_outage_seconds',
      help: 'How long nothing could be uploaded; 0 while the bucket takes segments',
    },
    () => {
      const { failing } = uploads();
      return only(failing === undefined ? 0 : Math.max(0, wallNow() - failing.sinceMs) / 1000);
    },
  );
  gauge(
    registry,
    {
      name: 'cctv_uploads_refused',
      help: 'Segments that the store does not take, while it takes others',
    },
    () => only(uploads().refused?.segments ?? 0),
  );
  counter(
    registry,
    {
      name: 'cctv_store_read_backs_total',
      help: 'Stored segments that were read back as a sample, by what the store gave',
      labels: ['outcome'],
    },
    () => {
      const { right, wrong } = uploads().sampled;
      return [
        [{ outcome: 'right' }, right],
        [{ outcome: 'wrong' }, wrong],
      ] as const;
    },
  );
  counter(
    registry,
    {
      name: 'cctv_bucket_audited_objects_total',
      help: 'Stored segments that were looked for in the bucket as a sample',
    },
    () => only(uploads().audited),
  );
  counter(
    registry,
    {
      name: 'cctv_bucket_gone_segments_total',
      help: 'Stored segments that were found to be gone from the bucket',
    },
    () => only(uploads().gone?.segments ?? 0),
  );
}
