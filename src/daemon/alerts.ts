import { parseAddress, shownAddress } from '../alert/addresses.ts';
import { Alerter, type CameraPresence } from '../alert/alerter.ts';
import { createChannels, reportReaders } from '../alert/channels.ts';
import { webhookSecret } from '../alert/channels/webhook.ts';
import { startHeartbeat } from '../alert/heartbeat.ts';
import { loadAlertKey } from '../alert/key.ts';
import { Outbox } from '../alert/outbox.ts';
import { startReports } from '../alert/reports.ts';
import {
  clockCondition,
  type Condition,
  diskConditions,
  goneCondition,
  ledgerCondition,
  overloadCondition,
  refusedCondition,
  storingCondition,
  type StoringStatus,
} from '../alert/troubles.ts';
import type { CameraStatus } from '../contract/cameras.ts';
import type { UploadStatus } from '../contract/status.ts';
import type { Config } from '../config/config.ts';
import type { AlertingParts } from '../control/alerting.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { systemClock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { formatCameraName } from '../model/camera-name.ts';
import type { SpoolStatus } from '../contract/status.ts';
import { type SlowLine, slowLineWords } from '../model/slow-line.ts';
import type { WatchedCamera } from '../model/alert-settings.ts';

const clock = systemClock;

export interface AlertingOptions {
  readonly ledger: Ledger;
  readonly fleet: () => readonly CameraStatus[];
  readonly spoolStatus: () => SpoolStatus;
  /** Why uploads fail, if they do, what the store refuses, and how long the rest has waited. */
  readonly uploads: () => StoringStatus & Pick<UploadStatus, 'refused' | 'gone'>;
  /** What is wrong with the ledger; undefined if nothing is. */
  readonly ledgerProblem: () => string | undefined;
  /** What is wrong with the clock, and that the server can't keep up; undefined if nothing is. */
  readonly clockTrouble: () => string | undefined;
  readonly overload: () => string | undefined;
  /** Whether the daemon works, for the heartbeat. */
  readonly isHealthy: () => boolean;
  readonly log: Log;
}

export interface Alerting extends AsyncDisposable {
  /** For the control socket. */
  readonly parts: AlertingParts;
}

/**
 * Alerts owners when their cameras stop recording, and the operator when footage isn't stored.
 *
 * @throws {OperatorError} the key, a CA certificate or the address for delivery reports can't be used
 */
export async function startAlerting(
  config: NonNullable<Config['alerts']>,
  options: AlertingOptions,
): Promise<Alerting> {
  const { ledger, fleet, spoolStatus, uploads, isHealthy, log } = options;
  await using parts = new AsyncDisposableStack();
  const key = await loadAlertKey(config.keyFile);
  const readers = reportReaders(config.carriers);
  // onReport runs only once `outbox` exists, as carriers report on messages of the outbox.
  const reports =
    config.reports &&
    parts.use(
      await startReports({
        listen: config.reports.listen,
        baseUrl: config.reports.url,
        key,
        readers,
        onReport: (_channel, report) => outbox.report(report),
        log,
      }),
    );
  const channels = await createChannels(config.carriers, key, reports?.urlOf);
  for (const channel of channels) parts.use(channel);
  const outbox: Outbox = parts.use(
    new Outbox({
      ledger,
      channels,
      reporting: new Set(reports === undefined ? [] : readers.keys()),
      maxSmsPerHour: config.limits.smsPerHour,
      clock,
      log,
    }),
  );
  const alerter = parts.use(
    new Alerter({
      ledger,
      outbox,
      channels,
      present: presence(ledger, fleet),
      conditions: () => [
        ...conditions(spoolStatus(), uploads()),
        ledgerCondition(options.ledgerProblem()),
        clockCondition(options.clockTrouble()),
        overloadCondition(options.overload()),
      ],
      operator: operatorOf(config.operator),
      defaultAfterMs: config.notRecordingSeconds * 1_000,
      maxPerContactAndHour: config.limits.messagesPerContactPerHour,
      rules: { steadyAfterMs: config.recordingAgainSeconds * 1_000 },
      clock,
      log,
    }),
  );
  if (config.heartbeat !== undefined) {
    const { url, everySeconds } = config.heartbeat;
    parts.use(
      startHeartbeat({
        url,
        everyMs: everySeconds * 1_000,
        isHealthy: () => alerter.isWatching && isHealthy(),
        clock,
        log,
      }),
    );
  }
  const running = parts.move();
  return {
    parts: {
      kinds: new Set(channels.map(({ kind }) => kind)),
      parseAddress,
      shownAddress,
      webhookSecret: (url) => webhookSecret(key, url),
      test: (account) => alerter.test(account),
      failing: () => outbox.failing(),
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

/** How long the fleet's statuses are cached, so that a round over all cameras gets them only once. */
const sameRoundMs = 500;

function presence(
  ledger: Ledger,
  fleet: () => readonly CameraStatus[],
): (camera: WatchedCamera) => CameraPresence {
  let askedAt = Number.NEGATIVE_INFINITY;
  let newest = new Map<string, number>();
  let slow = new Map<string, SlowLine>();
  return (camera) => {
    if (clock.now() - askedAt > sameRoundMs) {
      askedAt = clock.now();
      newest = new Map();
      slow = new Map();
      for (const status of fleet()) {
        const name = formatCameraName(status);
        newest.set(name, Math.max(newest.get(name) ?? 0, status.lastFootageAtMs ?? 0));
        if (status.slowLine !== undefined) slow.set(name, status.slowLine);
      }
    }
    const name = formatCameraName(camera);
    const { state, detail } = ledger.states.present(camera.id);
    const slowLine = slow.get(name);
    return {
      state,
      detail,
      slowLine: slowLine && slowLineWords(slowLine),
      // Ledger and fleet know of no footage where it is 0.
      lastFootageAtMs: newest.get(name) || undefined,
    };
  };
}

function conditions(
  { disk }: SpoolStatus,
  uploads: ReturnType<AlertingOptions['uploads']>,
): readonly Condition[] {
  return [
    storingCondition(uploads, clock.wallNow()),
    refusedCondition(uploads.refused),
    goneCondition(uploads.gone, clock.wallNow()),
    ...diskConditions(disk),
  ];
}

function operatorOf(operator: NonNullable<Config['alerts']>['operator']) {
  const { sms, email, webhook, timeZone } = operator;
  const addresses = [
    ...sms.map((address) => ({ kind: 'sms' as const, address })),
    ...email.map((address) => ({ kind: 'email' as const, address })),
    ...webhook.map((address) => ({ kind: 'webhook' as const, address })),
  ];
  return { contacts: addresses.length === 0 ? [] : [{ name: 'operator', addresses }], timeZone };
}
