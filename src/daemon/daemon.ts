import { availableParallelism } from 'node:os';
import type { Config } from '../config/config.ts';
import type { StoreCredentials } from '../model/store-credentials.ts';
import { footageOf, openExports, serveWeb } from './watch.ts';
import { Fleet } from '../camera/fleet.ts';
import { startControl } from '../control/control.ts';
import { startHealth } from '../monitor/health.ts';
import { Load } from '../monitor/load.ts';
import { Metrics } from '../monitor/metrics.ts';
import { startMetricsServer } from '../monitor/metrics-server.ts';
import { startService } from '../monitor/service.ts';
import { credentialsOf, makePassword } from '../gateway/password.ts';
import { startGoneAudit } from '../catalog/gone.ts';
import { startJournal } from '../catalog/journal.ts';
import { Reconciler } from '../catalog/reconcile.ts';
import { formatAddress } from '../lib/addresses.ts';
import { systemClock } from '../lib/clock.ts';
import type { AdjustableLog } from '../lib/log.ts';
import type { ServiceManager } from '../monitor/notify.ts';
import { Replaceable } from '../lib/replaceable.ts';
import { Slots } from '../lib/slots.ts';
import { Scope } from '../lib/scope.ts';
import { Setting } from '../lib/setting.ts';
import { aborted } from '../lib/until.ts';
import { readVersion } from '../lib/version.ts';
import { lockSpool } from '../spool/lock.ts';
import { openSpool } from '../spool/spool.ts';
import { createObjectStore } from '../storage/object-store.ts';
import { startSweeps } from '../storage/sweep.ts';
import { startUploader } from '../storage/uploader.ts';
import { Reloader } from './reload.ts';
import { parsePublicKey } from '../tunnel/public-key.ts';
import { probeRelay } from '../relay/probe.ts';
import { prepareTunnelServer } from '../tunnel/server.ts';
import { realm, serveViewers, watchedGateway } from './gateway.ts';
import { storeOptions, tunnelOptions, viewerLimitOptions, viewerLimits } from './options.ts';
import { handleUnexpected } from './last-handler.ts';
import { keepLedger, openOrRebuildLedger } from './ledger.ts';
import { Publisher } from './publish.ts';
import { cameraParts, greet, settingsOf } from './record.ts';
import { beginRun } from './run.ts';
import { watchLoad } from './server-load.ts';
import { StateNotes } from './state-notes.ts';
import { keepTime } from './time.ts';
import { checkStore, uploadStatus } from './uploads.ts';

const clock = systemClock;

/** How often the ledger's data other than segments is written to the bucket. */
const journalEveryMs = 5 * 60_000;

/** Recordings that start at a time: each starts two programs. */
const startsAtOnce = 4 * availableParallelism();

export interface ConfigReaders {
  /** Reads and checks the configuration for a reload. */
  readonly readConfig: () => Config;
  /** Reads the bucket's keys again, when the store refuses those in use. */
  readonly readCredentials: () => StoreCredentials | undefined;
}

/**
 * Runs the daemon until `signal` aborts. Each part starts before the parts that need it, and ends after
 * them.
 *
 * @param manager notified when the daemon is ready, and while it is healthy
 * @throws {OperatorError} the daemon can't start
 */
export async function runDaemon(
  config: Config,
  log: AdjustableLog,
  signal: AbortSignal,
  { readConfig, readCredentials }: ConfigReaders,
  manager?: ServiceManager,
): Promise<void> {
  const startedAtMs = clock.wallNow();
  const version = readVersion();
  const metrics = new Metrics();
  using _unexpected = handleUnexpected(log, metrics.unexpectedError);
  const { refused, warnings } = config;
  if (refused !== undefined) {
    const { file, problems, copy } = refused;
    log.error('the configuration is refused: the last good one is used', { file, problems, copy });
  }
  const refusal = new Setting(refused);
  for (const warning of warnings) log.warn(warning);

  // Before anything is opened or written: a second daemon must not touch what the first works on.
  await using _lock = await lockSpool(config.spoolDirectory);
  // Tried while the rest starts, and awaited before cameras are let in.
  using probing = new Scope(signal);
  const { program, preload } = config.relay;
  const relayIsKept = probeRelay({ program, preload, signal: probing.signal });
  relayIsKept.catch(() => {});
  using store = createObjectStore({
    ...storeOptions(config, log),
    currentCredentials: readCredentials,
  });
  const ledgerParts = { config, store, version, log, signal };
  using ledger = await openOrRebuildLedger(ledgerParts);
  await using kept = keepLedger(ledger, ledgerParts);
  // Before anything is dated.
  await using time = await keepTime({
    origin: await store.origin(),
    ledgerMs: ledger.runs.lastAliveMs(),
    log,
    signal,
  });
  using notes = new StateNotes(ledger, log);
  await using _run = beginRun(ledger, notes, version, log);

  await using reconciler = new Reconciler({ ledger, store, log });
  await using spool = await openSpool({
    directory: config.spoolDirectory,
    isLocked: true,
    disk: config.spool,
    log,
    onDropped: (segment) => reconciler.dropped(segment, 'dropped, to make room in the spool'),
    onVanished: (segment) => reconciler.doubt(segment, 'its file was deleted here'),
  });
  await using publisher = new Publisher({ spool, ledger }, log);
  await publisher.start(reconciler);
  if (signal.aborted) return;

  const processors = new Setting(config.processors);
  const load = new Load(clock);
  const starts = new Slots(startsAtOnce, Infinity);
  await using fleet = new Fleet({
    clock,
    log,
    pictureProgram: config.archive.program,
    settingsOf: (camera) => settingsOf(ledger, config, camera, log),
    partsFor: (camera, cameraLog) =>
      cameraParts(config, spool, publisher, camera, processors, load, starts, cameraLog),
    note: (camera, state, detail) => {
      metrics.recordingNoted(state);
      notes.note(camera, state, detail, clock.wallNow());
    },
  });
  await using watchedLoad = watchLoad(load, fleet, notes, log);
  await using tunnels = await prepareTunnelServer({
    ...tunnelOptions(config),
    log,
    findCamera: (key) => ledger.keys.ownerOf(key),
    enrolRefusal: (token, key) => ledger.tokens.refusal(token, key),
    enrol: (token, key) => ledger.tokens.enrol(token, key),
    onTunnel: (tunnel) => {
      if (greet(ledger, tunnel, log)) fleet.admit(tunnel);
    },
  });

  await using checked = checkStore(store, log, signal);
  await using _journal = startJournal({ ledger, store, clock, log, everyMs: journalEveryMs });
  await using _sweeps = startSweeps({ store, log });
  await using audit = startGoneAudit({ ledger, store, log });
  await using uploader = startUploader({
    spool,
    store,
    log,
    onStored: async (segment, proof) => {
      await publisher.beforeDeletion(segment);
      ledger.segments.stored(segment, proof);
    },
    onLost: (segment, detail) => reconciler.doubt(segment, detail),
    onTried: metrics.uploadTried,
  });
  const uploads = () => uploadStatus(uploader.status(), checked.failing, store.sampled, audit);
  await using health = startHealth({
    clock,
    tunnelAddress: () => (tunnels.isListening ? tunnels.address : undefined),
    fleet: () => fleet.statuses(),
    uploads,
    spool: () => spool.usage(),
    needsRestart: () => spool.disk.needsRestart,
    troubles: () => [kept.problem, publisher.problem],
    stallMs: config.archive.stallSeconds * 1_000,
  });

  await using gateway = await serveViewers(config, ledger, fleet, log);
  await using alerting = await Replaceable.start(config.alerts, async (alerts) => {
    const { startAlerting } = await import('./alerts.ts');
    return await startAlerting(alerts, {
      ledger,
      fleet: () => fleet.statuses(),
      spoolStatus: () => spool.usage(),
      uploads,
      ledgerProblem: () => kept.problem,
      clockTrouble: () => time.trouble,
      overload: () => watchedLoad.trouble,
      isHealthy: () => health.health().ok,
      log,
    });
  });

  const footage = await footageOf(store, spool);
  await using exports = await openExports(config, { ledger, footage, log, version }, fleet, spool);
  const { hostKeyFingerprint, hostKeyLine } = tunnels;
  const tunnelInfo = () => {
    return { address: formatAddress(tunnels.address), hostKeyFingerprint, hostKeyLine };
  };
  const serverTroubles = () =>
    [time.trouble, watchedLoad.trouble].filter((trouble) => trouble !== undefined);
  const watched = {
    serverTroubles,
    isOverloaded: () => watchedLoad.trouble !== undefined,
    isClockWrong: () => time.trouble !== undefined,
    picturesPausedWhy: () => watchedLoad.picturesPausedWhy(),
    ledger,
    version,
    metrics,
    health,
    log,
    refusedConfiguration: () => refusal.value,
    fleet: () => fleet.statuses(),
    gateway: watchedGateway(config, gateway),
    makePassword,
    credentialsOf: (user: string, password: string) => credentialsOf(realm, user, password),
    spoolUsage: () => spool.usage(),
    uploaderStatus: uploads,
    alerting: () => alerting.part?.parts,
    alertsFailing: () => alerting.part?.parts.failing() ?? [],
    tunnelCounts: () => tunnels.counts,
  };
  metrics.watch(watched);
  await using _web = await serveWeb(config, {
    ...watched,
    fleet,
    footage,
    exports,
  });
  await using metricsServer = await Replaceable.start(config.metrics, (options) =>
    startMetricsServer({ ...watched, ...options }),
  );
  const reloader = new Reloader(
    config,
    readConfig,
    [
      {
        option: 'log.level',
        take: (wanted) => {
          log.level = wanted.log.level;
        },
      },
      { option: 'alerts', take: (wanted) => alerting.replace(wanted.alerts) },
      { option: 'metrics', take: (wanted) => metricsServer.replace(wanted.metrics) },
      { option: 'processors', take: (wanted) => processors.set(wanted.processors) },
      ...viewerLimitOptions.map((option) => ({
        option,
        take: (wanted: Config) => wanted.gateway && gateway?.limit(viewerLimits(wanted.gateway)),
      })),
      { option: 'gateway.tls', always: true, take: () => gateway?.reloadTls() },
    ],
    () => refusal.set(undefined),
    log,
  );
  await using _control = await startControl({
    ...config.control,
    ...watched,
    exports,
    bucket: store,
    copyOfLedger: () => ledger.watch.copy(),
    onMissing: (key) => audit.suspect(key),
    tunnelInfo: async () => ({ ...tunnelInfo(), hostKeys: await tunnels.keysToPin() }),
    parsePublicKey,
    disconnect: (camera, reason) => {
      gateway?.disconnect(camera, reason);
      fleet.disconnect(camera, reason);
    },
    settingsChanged: (camera, what) => fleet.settingsChanged(camera, what),
    picture: (camera, asking) => fleet.picture(camera, asking),
    reload: () => reloader.reload(),
    copiedKey: (fingerprint) => tunnels.copiedKey(fingerprint),
    startedAtMs,
  });

  for (const { algorithm, fingerprint, line } of tunnels.hostKeys.slice(1)) {
    log.info('further host key, for old cameras', { algorithm, fingerprint, line });
  }
  // Last, when all that cameras and their owners need is known to work.
  if (!(await relayIsKept)) {
    log.warn('it was not seen in time whether a relay is kept to its camera', { program, preload });
  }
  if (signal.aborted) return;
  await tunnels.listen();
  await using _service = startService({
    manager,
    signal,
    clock,
    log,
    health: () => health.health(),
    state: () => ({
      cameras: fleet.statuses(),
      spool: spool.usage(),
      uploads: uploads(),
      refusedConfiguration: refusal.value,
      serverTroubles: serverTroubles(),
    }),
  });
  log.info('taking cameras', { ...tunnelInfo(), version });
  await aborted(signal);
  log.info('stopping: last segments are finished first');
  // Recording goes on while the last uploads finish; later footage is safe in the spool. The fleet ends
  // last: cameras redial as soon as their tunnels close, and should then reach the next daemon.
  await Promise.all([gateway?.[Symbol.asyncDispose](), uploader[Symbol.asyncDispose]()]);
  await fleet[Symbol.asyncDispose]();
}
