import { startArchiver } from '../archive/archiver.ts';
import type { CameraParts } from '../camera/camera.ts';
import { commandProcessor } from '../camera/processor.ts';
import type { CameraSettings } from '../camera/settings.ts';
import type { Config } from '../config/config.ts';
import type { KeyUse } from '../ledger/keys.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError, isSqliteError } from '../lib/errors.ts';
import type { AdjustableLog, Log } from '../lib/log.ts';
import type { Setting } from '../lib/setting.ts';
import type { Slots } from '../lib/slots.ts';
import { SteadyClock } from '../lib/steady-clock.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { Load } from '../monitor/load.ts';
import { startRelay } from '../relay/relay.ts';
import type { Spool } from '../spool/spool.ts';
import { CameraDialogue } from '../stream/camera-dialogue.ts';
import { TimedPort } from '../stream/timed-port.ts';
import { openLoopbackPort } from '../tunnel/loopback-port.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import { archiverOptions } from './options.ts';
import type { Publisher } from './publish.ts';

const clock = systemClock;

/** Back-off of failed recordings. Starts short, since footage is missing during each wait. */
const restart = { minMs: 100, maxMs: 15_000 };
const forwardWithinMs = 30_000;
const relayReadyWithinMs = 10_000;

/** Notes that a camera dialled in. Closes its tunnel and returns false if its key is no longer valid. */
export function greet(ledger: Pick<Ledger, 'keys'>, tunnel: Tunnel, log: Log): boolean {
  let use: KeyUse | undefined;
  try {
    use = ledger.keys.used(tunnel.camera, tunnel.keyFingerprint);
  } catch (error) {
    if (!isSqliteError(error)) throw error;
    // A ledger that can't be written must not cost footage. The next dial-in is noted instead: the
    // camera's key was found in the ledger when it logged in.
    log.warn('the dial-in of a camera could not be noted', {
      camera: formatCameraName(tunnel.camera),
      cause: describeError(error),
    });
    return true;
  }
  if (use === undefined) tunnel.close('its key is no longer valid');
  else if (use.droppedKeys.length > 0) {
    log.info('camera uses its new key, the old one is no longer valid', {
      camera: formatCameraName(tunnel.camera),
      fingerprint: tunnel.keyFingerprint,
      dropped: use.droppedKeys,
    });
  }
  return use !== undefined;
}

/** A camera's settings, whose password it hides from the log; undefined if the camera was removed or disabled. */
export function settingsOf(
  ledger: Pick<Ledger, 'cameras'>,
  config: Config,
  name: CameraName,
  log: Pick<AdjustableLog, 'hide'>,
): CameraSettings | undefined {
  const camera = ledger.cameras.find(name);
  if (camera === undefined || camera.disabledMs !== undefined) return undefined;
  if (camera.rtspPassword !== undefined) log.hide([camera.rtspPassword]);
  return { ...camera, profile: camera.profile ?? config.archive.profile };
}

export function cameraParts(
  config: Config,
  spool: Spool,
  publisher: Publisher,
  camera: CameraName,
  processors: Setting<Config['processors']>,
  server: Load,
  starts: Slots,
  log: Log,
): CameraParts {
  return {
    clock,
    log,
    restart,
    forwardWithinMs,
    processors: processors.map((all) =>
      all.map(({ name, command }) => commandProcessor(name, command, camera, log)),
    ),
    openPort: (forward, line, credentials) =>
      openLoopbackPort(forward, log, () => new CameraDialogue(line, clock, credentials())),
    startRelay: (source, signal) =>
      startRelay({ ...config.relay, ...source, log, readyWithinMs: relayReadyWithinMs, signal }),
    startArchiver: async (relay, line, profile, onFile) => {
      const directory = await spool.runDirectory(camera);
      const options = archiverOptions(config, profile);
      return startArchiver({
        ...options,
        firstPictureWithinMs: options.firstPictureWithinMs * line.patience,
        source: await TimedPort.open({
          relayUrl: relay.url,
          line,
          clock: new SteadyClock(clock),
          log,
        }),
        media: relay.media,
        directory,
        releaseDirectory: () => spool.releaseRunDirectory(directory),
        onFile,
        log,
      });
    },
    publish: (file, line) => publisher.publish(camera, file, { line, server }),
    enterStart: (signal) => starts.enter(signal),
    serverTrouble: () => server.lately(),
    disk: spool.disk,
  };
}
