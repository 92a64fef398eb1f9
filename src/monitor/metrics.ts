import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { neverConnected } from '../model/camera-state.ts';
import { type GapCause, gapCauses, type RecordingState } from '../model/gap-cause.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { RefusedConfiguration } from '../contract/status.ts';
import { addAlertMetrics, type AlertMetricsParts } from './metrics-alerts.ts';
import { gauge, only } from './metrics-gauges.ts';
import { addCameraMetrics, type CameraMetricsParts } from './metrics-cameras.ts';
import { addStorageMetrics, type StorageMetricsParts } from './metrics-storage.ts';
import { addTunnelMetrics, type ConnectionMetricsParts } from './metrics-tunnels.ts';

export interface MetricsParts
  extends CameraMetricsParts,
    StorageMetricsParts,
    ConnectionMetricsParts,
    AlertMetricsParts {
  readonly ledger: Ledger;
  readonly version: string;
  readonly refusedConfiguration: () => RefusedConfiguration | undefined;
  /** Whether the server can't keep up and does without something. */
  readonly isOverloaded: () => boolean;
  /** Whether the machine's clock is known to be wrong. */
  readonly isClockWrong: () => boolean;
}

/** From a small segment on a good line to a large one on a bad line. */
const uploadSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Causes for which a running recording stops. */
const stopCauses: readonly GapCause[] = gapCauses.filter(
  (cause) => ![neverConnected, 'starting', 'daemon down', 'upgrade', 'unexplained'].includes(cause),
);

/**
 * What Prometheus reads. At most seven metrics have the labels `account` and `camera`, a series for
 * each camera; all other labels have a handful of values.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #uploads: Histogram<'outcome'>;
  readonly #stops: Counter<'cause'>;
  readonly #unexpected: Counter;

  constructor() {
    const registers = [this.#registry];
    this.#uploads = new Histogram({
      name: 'cctv_upload_duration_seconds',
      help: 'How long uploads of a segment took, by their outcome',
      labelNames: ['outcome'],
      buckets: uploadSeconds,
      registers,
    });
    this.#stops = new Counter({
      name: 'cctv_recording_stops_total',
      help: 'How often a recording stopped, by cause; all but "camera offline" and "disabled" are followed by a restart',
      labelNames: ['cause'],
      registers,
    });
    this.#unexpected = new Counter({
      name: 'cctv_unexpected_errors_total',
      help: 'Errors that no code expected; recording went on',
      registers,
    });
    // A series that begins at its first event would hide that event from rate().
    for (const outcome of ['stored', 'failed']) this.#uploads.zero({ outcome });
    for (const cause of stopCauses) this.#stops.inc({ cause }, 0);
  }

  /** An upload has ended. */
  readonly uploadTried = (outcome: 'stored' | 'failed', tookMs: number): void => {
    this.#uploads.observe({ outcome }, tookMs / 1000);
  };

  /** A camera's recording changed its state. */
  readonly recordingNoted = (state: RecordingState): void => {
    if (state === 'recording' || !stopCauses.includes(state)) return;
    this.#stops.inc({ cause: state });
  };

  /** No code has expected an error. */
  readonly unexpectedError = (): void => {
    this.#unexpected.inc();
  };

  /** Asks the daemon's parts anew for each scrape from now on. To be called once. */
  watch(parts: MetricsParts): void {
    const registry = this.#registry;
    collectDefaultMetrics({ register: registry });
    new Gauge({
      name: 'cctv_build_info',
      help: 'Always 1; the labels say what runs',
      labelNames: ['version', 'node'],
      registers: [registry],
    }).set({ version: parts.version, node: process.versions.node }, 1);
    gauge(
      registry,
      {
        name: 'cctv_configuration_refused',
        help: 'Whether the configuration can not be used, and the daemon runs with the one that was good last',
      },
      () => only(Number(parts.refusedConfiguration() !== undefined)),
    );
    gauge(
      registry,
      {
        name: 'cctv_server_overloaded',
        help: 'Whether this machine can not keep up with what it is to record, and does without previews, live pictures or downsampling',
      },
      () => only(Number(parts.isOverloaded())),
    );
    gauge(
      registry,
      {
        name: 'cctv_clock_wrong',
        help: 'Whether the clock of this machine and that of the bucket or the ledger disagree by minutes',
      },
      () => only(Number(parts.isClockWrong())),
    );
    addCameraMetrics(registry, parts);
    addStorageMetrics(registry, parts);
    addTunnelMetrics(registry, parts);
    addAlertMetrics(registry, parts);
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of them, in the text format of Prometheus. */
  read(): Promise<string> {
    return this.#registry.metrics();
  }
}
