import { hostname } from 'node:os';
import { type Archiver, startArchiver } from './archive/archiver.ts';
import type { Profile } from './archive/profile.ts';
import { salvage } from './archive/salvage.ts';
import type { CameraParts, CameraSettings } from './camera/camera.ts';
import { Fleet } from './camera/fleet.ts';
import { commandProcessor } from './camera/processor.ts';
import type { Config } from './config/config.ts';
import { startControl } from './console/control.ts';
import type { WatchingParts } from './console/watching.ts';
import { type Gateway, type GatewayOptions, startGateway } from './gateway/gateway.ts';
import { credentialsOf, makePassword } from './gateway/password.ts';
import { type Ledger, openLedger } from './ledger/ledger.ts';
import { systemClock } from './lib/clock.ts';
import { describeError } from './lib/errors.ts';
import type { Log } from './lib/log.ts';
import { type CameraName, formatCameraName } from './lib/names.ts';
import { aborted } from './lib/until.ts';
import { readVersion } from './lib/version.ts';
import { type Relay, startRelay } from './relay/relay.ts';
import type { FinishedFile } from './spool/segment.ts';
import { openSpool, type Spool } from './spool/spool.ts';
import { createObjectStore, type ObjectStore } from './storage/object-store.ts';
import { startUploader } from './storage/uploader.ts';
import { openLoopbackPort } from './tunnel/loopback-port.ts';
import { parsePublicKey } from './tunnel/public-key.ts';
import { startTunnelServer } from './tunnel/server.ts';
import type { Tunnel } from './tunnel/tunnel.ts';

// For cctvd, whose host key is the daemon's.
export { makeNextHostKeys, promoteHostKeys } from './tunnel/host-key-rotation.ts';

const clock = systemClock;

/** Goes into what is kept of viewers' passwords: all of them would be wrong with another. */
const realm = 'cctv';

/** Until a failed recording is tried again. Soon: each wait is footage that is missing. */
const restart = { minMs: 100, maxMs: 15_000, healthyAfterMs: 3_000 };
const forwardWithinMs = 30_000;
const relayReadyWithinMs = 10_000;
const firstPictureWithinMs = 15_000;

/**
 * The daemon, from its start until `signal` aborts: the parts in the order in which footage flows,
 * ended in the opposite order, so that what flows is not thrown away.
 *
 * @throws {OperatorError} what keeps it from starting, in words for the operator
 */
export async function runDaemon(config: Config, log: Log, signal: AbortSignal): Promise<void> {
  const startedAtMs = clock.wallNow();
  const version = readVersion();
  for (const warning of config.warnings) log.warn(warning);

  using ledger = openLedger(config.ledgerFile);
  await using spool = await openSpool({ directory: config.spoolDirectory, log });
  await publishLeftovers(spool, ledger, log);
  // One that was published just before a crash may not be in the ledger yet.
  for (const segment of await spool.list()) ledger.spooled(segment);

  using store = createObjectStore({
    ...config.bucket,
    ...config.bucket.credentials,
    bucket: config.bucket.name,
    log,
  });
  await using uploader = startUploader({
    spool,
    store,
    log,
    onStored: (segment, proof) => ledger.stored(segment, proof),
  });

  await using checked = checkStore(store, log, signal);

  await using fleet = new Fleet({
    clock,
    log,
    pictureProgram: config.archive.program,
    settingsOf: (camera) => settingsOf(ledger, config, camera),
    partsFor: (camera, settings, cameraLog) =>
      cameraParts(config, spool, ledger, camera, settings, cameraLog),
  });
  await using tunnels = await startTunnelServer({
    ...tunnelOptions(config),
    log,
    findCamera: (key) => ledger.findCamera(key),
    enrolRefusal: (token, key) => ledger.enrolRefusal(token, key),
    enrol: (token, key) => ledger.enrol(token, key),
    onTunnel: (tunnel) => {
      if (greet(ledger, tunnel, log)) fleet.admit(tunnel);
    },
  });
  await using gateway =
    config.gateway &&
    (await startGateway({
      ...gatewayOptions(config.gateway, ledger, fleet),
      log,
    }));
  const { hostKeyFingerprint, hostKeyLine } = tunnels;
  const tunnelInfo = { address: formatAddress(tunnels.address), hostKeyFingerprint, hostKeyLine };
  await using _control = await startControl({
    ...config.control,
    ledger,
    fleet: () => fleet.statuses(),
    watching: watchingParts(config, gateway),
    spoolUsage: () => spool.usage(),
    uploaderStatus: () => {
      const { storedCount, ...status } = uploader.status();
      const failing = status.failing ?? (storedCount === 0 ? checked.failing : undefined);
      return { ...status, stored: storedCount, ...(failing === undefined ? {} : { failing }) };
    },
    tunnelInfo: async () => ({ ...tunnelInfo, hostKeys: await tunnels.keysToPin() }),
    parsePublicKey,
    disconnect: (camera, reason) => {
      gateway?.disconnect(camera, reason);
      fleet.disconnect(camera, reason);
    },
    picture: (camera, asking) => fleet.picture(camera, asking),
    copiedKey: (fingerprint) => tunnels.copiedKey(fingerprint),
    log,
    version,
    startedAtMs,
  });

  for (const { algorithm, fingerprint, line } of tunnels.hostKeys.slice(1)) {
    log.info('further host key, for old cameras', { algorithm, fingerprint, line });
  }
  if (gateway !== undefined) {
    const [address, addressTls] = [gateway.address, gateway.addressTls];
    log.info('serving viewers', {
      address: address && formatAddress(address),
      addressTls: addressTls && formatAddress(addressTls),
    });
  }
  log.info('taking cameras', { ...tunnelInfo, version });
  await aborted(signal);
  log.info('stopping: last segments are finished first');
}

/** What a kill or a power cut left in the spool becomes segments, before anything new is recorded. */
async function publishLeftovers(spool: Spool, ledger: Ledger, log: Log): Promise<void> {
  for (const { camera, path } of await spool.leftovers()) {
    const cameraLog = log.child({ camera: formatCameraName(camera) });
    try {
      for (const file of await salvage(path, cameraLog)) {
        ledger.spooled(await spool.publish(camera, file));
        cameraLog.info('footage of an earlier run was salvaged', {
          start: new Date(file.startMs).toISOString(),
          durationMs: file.durationMs,
        });
      }
      await spool.releaseRunDirectory(path);
    } catch (error) {
      cameraLog.error('footage of an earlier run could not be salvaged, it is left where it is', {
        directory: path,
        cause: describeError(error),
      });
    }
  }
}

/** Notes that a camera is there, and whether the key that it came with is still good in this moment. */
function greet(ledger: Ledger, tunnel: Tunnel, log: Log): boolean {
  const contact = ledger.contact(tunnel.camera, tunnel.keyFingerprint);
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

function settingsOf(ledger: Ledger, config: Config, name: CameraName): CameraSettings | undefined {
  const camera = ledger.camera(name);
  if (camera === undefined || camera.disabledMs !== undefined) return undefined;
  return { ...camera, profile: camera.profile ?? config.archive.profile };
}

function cameraParts(
  config: Config,
  spool: Spool,
  ledger: Ledger,
  camera: CameraName,
  settings: CameraSettings,
  log: Log,
): CameraParts {
  const { program, segmentSeconds, stallSeconds, downsample } = config.archive;
  const profile: Profile =
    settings.profile === 'copy'
      ? { kind: 'copy' }
      : {
          kind: 'downsample',
          ...downsample,
          audioBitsPerSecond: downsample.audioKilobitsPerSecond * 1_000,
        };
  return {
    clock,
    log,
    restart,
    forwardWithinMs,
    processors: config.processors.map(({ name, command }) =>
      commandProcessor(name, command, camera, log),
    ),
    openPort: (forward) => openLoopbackPort(forward, log),
    startRelay: (source, signal) =>
      startRelay({ ...config.relay, source, log, readyWithinMs: relayReadyWithinMs, signal }),
    startArchiver: async (relay: Relay, onFile): Promise<Archiver> =>
      startArchiver({
        source: relay.url,
        media: relay.media,
        profile,
        directory: await spool.runDirectory(camera),
        program,
        segmentSeconds,
        onFile,
        stallAfterMs: stallSeconds * 1_000,
        firstPictureWithinMs,
        log,
      }),
    publish: async (file: FinishedFile) => {
      ledger.spooled(await spool.publish(camera, file));
    },
  };
}

function tunnelOptions({ tunnel }: Config) {
  const { loginGraceSeconds, ...options } = tunnel;
  return { ...options, loginGraceMs: loginGraceSeconds * 1_000 };
}

function gatewayOptions(
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
    limits: {
      viewers: given.maxViewers,
      viewersPerAccount: given.maxViewersPerAccount,
      viewersPerAddress: given.maxViewersPerAddress,
    },
    findViewer: (account, user) => ledger.findViewer(account, user),
    relayPlace: (account, camera) => {
      const url = fleet.relayUrl({ account, camera });
      if (url !== undefined) return { url };
      return ledger.camera({ account, camera }) === undefined ? undefined : 'offline';
    },
  };
}

/** Tells the operator at once if the bucket can't be used, without waiting for the first segment. */
function checkStore(store: ObjectStore, log: Log, signal: AbortSignal) {
  const found: { failing?: { sinceMs: number; cause: string } } = {};
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

const formatAddress = ({ host, port }: { host: string; port: number }): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

function watchingParts(config: Config, gateway: Gateway | undefined): WatchingParts {
  return {
    makePassword,
    credentialsOf: (user, password) => credentialsOf(realm, user, password),
    gateway: gateway && {
      place: {
        domain: config.gateway?.domain,
        rtsp: fromOutside(gateway.address),
        rtsps: fromOutside(gateway.addressTls),
      },
      viewers: () => gateway.viewers(),
      disconnect: (whom, reason) => gateway.disconnect(whom, reason),
    },
  };
}

/** Where viewers find what listens at `address`: at any of this machine's, its name is the best guess. */
function fromOutside(address: Gateway['address']): Gateway['address'] {
  const everywhere = address !== undefined && ['0.0.0.0', '::'].includes(address.host);
  return everywhere ? { host: hostname(), port: address.port } : address;
}
