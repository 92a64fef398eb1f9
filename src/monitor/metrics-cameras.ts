import { wallNow } from '../lib/clock.ts';
import { LongWork } from '../lib/long-work.ts';
import type { Registry } from 'prom-client';
import type { CameraStatus } from '../contract/cameras.ts';
import type { Camera } from '../model/camera.ts';
import {
  absentStates,
  type CameraState,
  cameraState,
  connectedStates,
  neverConnected,
} from '../model/camera-state.ts';
import { type GapCause, gapCauses } from '../model/gap-cause.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import { counter, gauge } from './metrics-gauges.ts';
import type { Ledger } from '../ledger/ledger.ts';

export interface CameraMetricsParts {
  readonly ledger: Ledger;
  /** The cameras that are connected. */
  readonly fleet: () => readonly CameraStatus[];
}

const states: readonly CameraState[] = [...connectedStates, ...absentStates];

const labels = ['account', 'camera'] as const;
const labelsOf = ({ account, camera }: CameraName) => ({ account, camera });

const gapWindowMs = 3_600_000;
/** The gaps of all cameras are summed up at most this often, however often somebody scrapes. */
const gapsEveryMs = 30_000;

export function addCameraMetrics(registry: Registry, parts: CameraMetricsParts): void {
  const { ledger, fleet } = parts;
  const each = (
    name: string,
    help: string,
    value: (status: CameraStatus) => number | undefined,
    make: typeof counter = gauge,
  ): void =>
    make(registry, { name, help, labels }, () =>
      fleet().flatMap((status) => {
        const found = value(status);
        return found === undefined ? [] : [[labelsOf(status), found] as const];
      }),
    );

  gauge(
    registry,
    { name: 'cctv_cameras', help: 'Cameras, by what they do', labels: ['state'] },
    () => {
      const counts = new Map<CameraState, number>(states.map((state) => [state, 0]));
      for (const state of statesOf(ledger.cameras.list(), fleet())) {
        counts.set(state, (counts.get(state) ?? 0) + 1);
      }
      return [...counts].map(([state, count]) => [{ state }, count] as const);
    },
  );
  gauge(
    registry,
    {
      name: 'cctv_camera_last_footage_age_seconds',
      help: 'How long ago the newest footage of a camera was taken; of cameras that have footage and are not disabled',
      labels,
    },
    () => footageAges(ledger.cameras.list(), fleet(), wallNow()),
  );
  each(
    'cctv_camera_line_late_seconds',
    'How late pictures come, as they wait for the line from the camera; 0 while they do not wait',
    ({ slowLine }) => (slowLine?.lateMs ?? 0) / 1_000,
  );
  gauge(
    registry,
    {
      name: 'cctv_camera_connected',
      help: 'Whether a camera has its tunnel; of cameras that are not disabled',
      labels,
    },
    () => {
      const connected = new Set(fleet().map(formatCameraName));
      return ledger.cameras
        .list()
        .filter(({ disabledMs }) => disabledMs === undefined)
        .map((camera) => [labelsOf(camera), Number(connected.has(formatCameraName(camera)))]);
    },
  );
  gauge(
    registry,
    {
      name: 'cctv_camera_never_connected_seconds',
      help: 'Since when a camera is awaited that has not dialled in since it was added or its hardware replaced; of cameras that are not disabled',
      labels,
    },
    () => awaitedFor(ledger.cameras.list(), fleet(), wallNow()),
  );
  each(
    'cctv_camera_frames_total',
    'Pictures recorded since the camera dialled in',
    ({ frames }) => frames,
    counter,
  );
  each(
    'cctv_camera_restarts_total',
    'How often its recording was started again since the camera dialled in',
    ({ restarts }) => restarts,
    counter,
  );
  each(
    'cctv_camera_recorded_bytes_per_second',
    'What is recorded, over the last seconds',
    ({ bitsPerSecond }) => (bitsPerSecond === undefined ? undefined : bitsPerSecond / 8),
  );

  const missing = recentGaps(parts);
  gauge(
    registry,
    {
      name: 'cctv_missing_footage_seconds',
      help: 'Camera seconds without footage within the last hour, by cause, all cameras together',
      labels: ['cause'],
    },
    async () => [...(await missing())].map(([cause, ms]) => [{ cause }, ms / 1000]),
  );
}

function* statesOf(
  known: readonly Camera[],
  connected: readonly CameraStatus[],
): Generator<CameraState> {
  const left = new Map(connected.map((status) => [formatCameraName(status), status.state]));
  for (const camera of known) {
    const name = formatCameraName(camera);
    const state = left.get(name);
    left.delete(name);
    yield cameraState(camera, state);
  }
  yield* left.values();
}

function awaitedFor(known: readonly Camera[], connected: readonly CameraStatus[], nowMs: number) {
  const states = new Map(connected.map((one) => [formatCameraName(one), one.state]));
  return known.flatMap((camera) => {
    if (cameraState(camera, states.get(formatCameraName(camera))) !== neverConnected) return [];
    // A replacement has a newer key.
    const sinceMs = Math.max(camera.createdMs, ...camera.keys.map(({ addedMs }) => addedMs));
    return [[labelsOf(camera), Math.max(0, nowMs - sinceMs) / 1000] as const];
  });
}

function footageAges(known: readonly Camera[], connected: readonly CameraStatus[], nowMs: number) {
  const newest = new Map(connected.map((one) => [formatCameraName(one), one.lastFootageAtMs]));
  return known.flatMap((camera) => {
    const atMs = newest.get(formatCameraName(camera)) ?? camera.totals.newestEndMs;
    if (atMs === undefined || camera.disabledMs !== undefined) return [];
    return [[labelsOf(camera), Math.max(0, nowMs - atMs) / 1000] as const];
  });
}

/** Sums up gaps camera by camera, and lets other work run in between. */
function recentGaps({
  ledger,
  fleet,
}: CameraMetricsParts): () => Promise<ReadonlyMap<GapCause, number>> {
  let known: Promise<ReadonlyMap<GapCause, number>> | undefined;
  let asOf = -Infinity;

  const sum = async (): Promise<ReadonlyMap<GapCause, number>> => {
    const sums = new Map<GapCause, number>(gapCauses.map((cause) => [cause, 0]));
    const nowMs = wallNow();
    const recording = new Set(
      fleet()
        .filter(({ state }) => state === 'recording')
        .map(formatCameraName),
    );
    const work = new LongWork();
    for (const { account, camera } of ledger.cameras.list()) {
      await work.rest();
      // It may have been removed in the meantime.
      if (ledger.cameras.find({ account, camera }) === undefined) continue;
      const isRecording = recording.has(formatCameraName({ account, camera }));
      const range = { fromMs: nowMs - gapWindowMs, toMs: nowMs, nowMs, isRecording };
      for (const { cause, missingMs } of ledger.continuity.sum({ account, camera }, range).causes) {
        sums.set(cause, (sums.get(cause) ?? 0) + missingMs);
      }
    }
    return sums;
  };

  return () => {
    const now = performance.now();
    if (known === undefined || now - asOf > gapsEveryMs) {
      asOf = now;
      known = sum();
      // The scrape that asked fails; the next one tries again.
      known.catch(() => (known = undefined));
    }
    return known;
  };
}
