import type { Registry } from 'prom-client';
import type { DiskStatus } from '../spool/guard.ts';
import type { SpoolStatus } from '../contract/control.ts';
import { counter, gauge, only } from './metrics-gauges.ts';
import type { MetricsParts } from './metrics.ts';

const diskStates: readonly DiskStatus['state'][] = ['ok', 'nearly full', 'full'];

export function addSpoolMetrics(registry: Registry, spool: () => SpoolStatus): void {
  const one = (name: string, help: string, value: (status: SpoolStatus) => number | undefined) =>
    gauge(registry, { name, help }, () => only(value(spool())));
  const total = (name: string, help: string, value: (status: SpoolStatus) => number) =>
    counter(registry, { name, help }, () => only(value(spool())));

  one('cctv_spool_segments', 'Segments that are not stored yet', ({ files }) => files);
  one('cctv_spool_bytes', 'Their size', ({ bytes }) => bytes);
  one(
    'cctv_spool_oldest_age_seconds',
    'How long ago the oldest segment that is not stored yet began; 0 if there is none',
    ({ oldestMs }) => (oldestMs === undefined ? 0 : Math.max(0, Date.now() - oldestMs) / 1000),
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
    'Whether recording stands still for want of room',
    ({ disk }) => Number(disk.isFull),
  );
  one('cctv_spool_disk_free_bytes', 'Free on the disk of the spool', ({ disk }) => disk.freeBytes);
  one(
    'cctv_spool_disk_reserve_bytes',
    'What is to stay free there',
    ({ disk }) => disk.reserveBytes,
  );
  one(
    'cctv_spool_budget_bytes',
    'All that may lie in the spool; absent without a budget',
    ({ disk }) => disk.budgetBytes,
  );
  one(
    'cctv_spool_damaged_bytes',
    'What was set aside, because it is not what its name says',
    ({ disk }) => disk.damagedBytes,
  );
  total(
    'cctv_spool_dropped_segments_total',
    'Segments that were deleted for want of room',
    ({ disk }) => disk.dropped.files,
  );
  total('cctv_spool_dropped_bytes_total', 'Their size', ({ disk }) => disk.dropped.bytes);
}

export function addUploadMetrics(
  registry: Registry,
  uploads: MetricsParts['uploaderStatus'],
): void {
  gauge(registry, { name: 'cctv_uploads_running', help: 'Segments being uploaded' }, () =>
    only(uploads().uploading),
  );
  gauge(registry, { name: 'cctv_uploads_waiting', help: 'Segments that wait for it' }, () =>
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
      help: 'Since when nothing can be uploaded; 0 while the bucket takes segments',
    },
    () => {
      const { failing } = uploads();
      return only(failing === undefined ? 0 : Math.max(0, Date.now() - failing.sinceMs) / 1000);
    },
  );
}
