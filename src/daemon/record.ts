import { createReadStream } from 'node:fs';
import { hostname } from 'node:os';
import { type Archiver, startArchiver } from '../archive/archiver.ts';
import type { Profile } from '../archive/profile.ts';
import { salvage } from '../archive/salvage.ts';
import type { CameraParts } from '../camera/camera.ts';
import type { Fleet } from '../camera/fleet.ts';
import { commandProcessor } from '../camera/processor.ts';
import type { CameraSettings } from '../camera/settings.ts';
import type { Config } from '../config/config.ts';
import type { Metrics } from '../monitor/metrics.ts';
import { readInit } from '../media/mp4/stream.ts';
import type { WatchedGateway } from '../control/watching.ts';
import type { Gateway, GatewayOptions } from '../gateway/gateway.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Reconciler } from '../catalog/reconcile.ts';
import { background } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { Setting } from '../lib/setting.ts';
import { type Relay, startRelay } from '../relay/relay.ts';
import type { FinishedFile, SegmentInit } from '../model/segment.ts';
import type { Spool } from '../spool/spool.ts';
import type { ObjectStore, ObjectStoreOptions } from '../storage/object-store.ts';
import type { UploaderStatus } from '../storage/uploader.ts';
import { openLoopbackPort } from '../tunnel/loopback-port.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';

// What the daemon's parts are to each other, and what the configuration means to each.

const clock = systemClock;

/** Goes into what is kept of viewers' passwords: all of them would be wrong with another. */
export const realm = 'cctv';

/** Until a failed recording is tried again. Soon: each wait is footage that is missing. */
const restart = { minMs: 100, maxMs: 15_000, healthyAfterMs: 3_000 };
const forwardWithinMs = 30_000;
const relayReadyWithinMs = 10_000;
const firstPictureWithinMs = 15_000;
/** How exactly it is known when a daemon that was killed died. */
const aliveEveryMs = 2_000;
const leftoversEveryMs = 30_000;

/** Begins a run of the daemon in the ledger, which from then on hears that it is alive, until its end. */
export function beginRun(ledger: Ledger, version: string, log: Log): AsyncDisposable {
  ledger.runs.begin(version, clock.wallNow());
  const alive = repeat(aliveEveryMs, () => ledger.runs.alive(clock.wallNow()), {
    log,
    trouble: 'the ledger can not be written',
  });
  return {
    async [Symbol.asyncDispose]() {
      await alive[Symbol.asyncDispose]();
      ledger.runs.end(clock.wallNow());
    },
  };
}

/**
 * What a kill or a power cut left in the spool becomes segments, before this resolves; what a run
 * could not hand over later, as on a full disk, when it can be.
 */
export async function publishLeftovers(
  spool: Spool,
  ledger: Ledger,
  reconciler: Reconciler,
  log: Log,
): Promise<AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const gate = parts.use(new FloodGate(log));
  await publishOnce(spool, ledger, log, gate);
  // One that was published just before a crash may not be in the ledger yet.
  const inSpool = await spool.list();
  for (const segment of inSpool) ledger.segments.spooled(segment);
  reconciler.doubtAllBut(inSpool);
  parts.use(
    repeat(leftoversEveryMs, () => publishOnce(spool, ledger, log, gate), {
      log,
      trouble: 'what was left of recordings can not be looked for',
    }),
  );
  return parts.move();
}

async function publishOnce(spool: Spool, ledger: Ledger, log: Log, gate: FloodGate): Promise<void> {
  for (const { camera, path } of await spool.leftovers()) {
    const cameraLog = log.child({ camera: formatCameraName(camera) });
    try {
      for (const file of await salvage(path, cameraLog)) {
        await publish(spool, ledger, camera, file);
        cameraLog.info('footage of an earlier run was salvaged', {
          start: new Date(file.startMs).toISOString(),
          durationMs: file.durationMs,
        });
      }
      await spool.releaseRunDirectory(path);
    } catch (error) {
      gate.warn(path, 'footage of an earlier run waits where it is', {
        camera: formatCameraName(camera),
        directory: path,
        cause: describeError(error),
      });
    }
  }
}

async function publish(
  spool: Spool,
  ledger: Ledger,
  camera: CameraName,
  file: FinishedFile,
): Promise<void> {
  const segment = await spool.publish(camera, file);
  ledger.segments.spooled(segment, await initOf(segment.path));
  for (const hole of file.holes ?? []) {
    ledger.segments.noteHole({ ...camera, ...hole }, 'stream stalled', 'no picture came');
  }
}

/** Where a file's media begin, so that nobody has to ask the bucket for it later. */
async function initOf(path: string): Promise<SegmentInit | undefined> {
  try {
    return (await readInit(createReadStream(path, { end: 65_535 })))?.summary;
  } catch {
    // It may have been stored and deleted by now. Whoever plays it looks again.
    return undefined;
  }
}

/** Runs `task` again and again, until it is disposed of; what it throws is said once a minute. */
function repeat(
  everyMs: number,
  task: () => Promise<void> | void,
  { log, trouble }: { readonly log: Log; readonly trouble: string },
): AsyncDisposable {
  return background(async (signal) => {
    using gate = new FloodGate(log);
    for (;;) {
      await clock.sleep(everyMs, signal);
      if (signal.aborted) return;
      try {
        await task();
      } catch (error) {
        gate.warn(trouble, trouble, { cause: describeError(error) });
      }
    }
  });
}

/** Notes that a camera is there, and whether the key that it came with is still good in this moment. */
export function greet(ledger: Ledger, tunnel: Tunnel, log: Log): boolean {
  const contact = ledger.keys.used(tunnel.camera, tunnel.keyFingerprint);
  if (contact === undefined) tunnel.close('its key is no longer valid');
  else if (contact.droppedKeys.length > 0) {
    log.info('camera uses its new key, the old one is no longer valid', {
      camera: formatCameraName(tunnel.camera),
      fingerprint: tunnel.keyFingerprint,
      dropped: contact.droppedKeys,
    });
  }
  return contact !== undefined;
}

export function settingsOf(
  ledger: Ledger,
  config: Config,
  name: CameraName,
): CameraSettings | undefined {
  const camera = ledger.cameras.find(name);
  if (camera === undefined || camera.disabledMs !== undefined) return undefined;
  return { ...camera, profile: camera.profile ?? config.archive.profile };
}

function profileOf({ archive: { downsample } }: Config, kind: CameraSettings['profile']): Profile {
  if (kind === 'copy') return { kind };
  return { kind, ...downsample, audioBitsPerSecond: downsample.audioKilobitsPerSecond * 1_000 };
}

export function cameraParts(
  config: Config,
  spool: Spool,
  ledger: Ledger,
  camera: CameraName,
  processors: Setting<Config['processors']>,
  log: Log,
): CameraParts {
  const { program, segmentSeconds, stallSeconds } = config.archive;
  return {
    clock,
    log,
    restart,
    forwardWithinMs,
    processors: processors.map((all) =>
      all.map(({ name, command }) => commandProcessor(name, command, camera, log)),
    ),
    openPort: (forward) => openLoopbackPort(forward, log),
    startRelay: (source, signal) =>
      startRelay({ ...config.relay, source, log, readyWithinMs: relayReadyWithinMs, signal }),
    startArchiver: async (relay: Relay, profile, onFile): Promise<Archiver> => {
      const directory = await spool.runDirectory(camera);
      return startArchiver({
        source: relay.url,
        media: relay.media,
        profile: profileOf(config, profile),
        directory,
        releaseDirectory: () => spool.releaseRunDirectory(directory),
        program,
        segmentSeconds,
        onFile,
        stallAfterMs: stallSeconds * 1_000,
        firstPictureWithinMs,
        log,
      });
    },
    publish: (file) => publish(spool, ledger, camera, file),
    note: (state, detail) => ledger.states.note(camera, state, detail, clock.wallNow()),
    disk: spool.disk,
  };
}

/** A camera's parts, with what its recording does counted. */
export const counted = (metrics: Metrics, parts: CameraParts): CameraParts => ({
  ...parts,
  note(state, detail) {
    metrics.recordingNoted(state);
    parts.note(state, detail);
  },
});

export function tunnelOptions({ tunnel }: Config) {
  const { loginGraceSeconds, ...options } = tunnel;
  return { ...options, loginGraceMs: loginGraceSeconds * 1_000 };
}

export function gatewayOptions(
  given: NonNullable<Config['gateway']>,
  ledger: Ledger,
  fleet: Fleet,
): Omit<GatewayOptions, 'log'> {
  const { listen, tls, domain, basicWithoutTls } = given;
  return {
    listen,
    listenTls: tls && { ...tls, ...tls.listen },
    domain,
    realm,
    basicWithoutTls,
    limits: viewerLimits(given),
    findViewer: (account, user) => ledger.viewers.find(account, user),
    relayPlace: (account, camera) => {
      const url = fleet.relayUrl({ account, camera });
      if (url !== undefined) return { url };
      return ledger.cameras.find({ account, camera }) === undefined ? undefined : 'offline';
    },
  };
}

export const viewerLimitOptions = [
  'gateway.maxViewers',
  'gateway.maxViewersPerAccount',
  'gateway.maxViewersPerAddress',
];

export const viewerLimits = (given: NonNullable<Config['gateway']>) => ({
  viewers: given.maxViewers,
  viewersPerAccount: given.maxViewersPerAccount,
  viewersPerAddress: given.maxViewersPerAddress,
});

export const storeOptions = (config: Config, log: Log): ObjectStoreOptions => ({
  ...config.bucket,
  ...config.bucket.credentials,
  bucket: config.bucket.name,
  log,
});

/** Tells the operator at once if the bucket can't be used, without waiting for the first segment. */
export function checkStore(store: ObjectStore, log: Log, signal: AbortSignal) {
  const found: { failing?: NonNullable<UploaderStatus['failing']> } = {};
  const done: Promise<void> = store.check(signal).then(
    () => log.info('the bucket can be used', { bucket: store.name }),
    (error: unknown) => {
      if (signal.aborted) return;
      const cause = describeError(error);
      found.failing = { sinceMs: clock.wallNow(), cause };
      log.error('the bucket can not be used; footage waits in the spool until it can', { cause });
    },
  );
  return {
    /** What was wrong when the daemon started, if something was. */
    get failing() {
      return found.failing;
    },
    [Symbol.asyncDispose]: (): Promise<void> => done,
  };
}

/** What the uploader says of itself; until it has stored something, what was found wrong at the start holds. */
export function uploadStatus(
  { storedCount, ...status }: UploaderStatus,
  failingAtStart: UploaderStatus['failing'],
) {
  const failing = status.failing ?? (storedCount === 0 ? failingAtStart : undefined);
  return { ...status, stored: storedCount, ...(failing === undefined ? {} : { failing }) };
}

/** The gateway as operators see it. */
export const watchedGateway = (
  config: Config,
  gateway: Gateway | undefined,
): WatchedGateway | undefined =>
  gateway && {
    place: {
      domain: config.gateway?.domain,
      rtsp: fromOutside(gateway.address),
      rtsps: fromOutside(gateway.addressTls),
    },
    viewers: () => gateway.viewers(),
    disconnect: (whom, reason) => gateway.disconnect(whom, reason),
  };

/** Where viewers find what listens at `address`: at any of this machine's, its name is the best guess. */
function fromOutside(address: Gateway['address']): Gateway['address'] {
  const everywhere = address !== undefined && ['0.0.0.0', '::'].includes(address.host);
  return everywhere ? { host: hostname(), port: address.port } : address;
}
