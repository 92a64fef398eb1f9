import { createReadStream } from 'node:fs';
import { startArchiver } from '../archive/archiver.ts';
import { salvage } from '../archive/salvage.ts';
import type { CameraParts } from '../camera/camera.ts';
import { commandProcessor } from '../camera/processor.ts';
import type { CameraSettings } from '../camera/settings.ts';
import type { Reconciler } from '../catalog/reconcile.ts';
import type { Config } from '../config/config.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { repeated } from '../lib/background.ts';
import { systemClock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import { FloodGate } from '../lib/flood-gate.ts';
import type { Log } from '../lib/log.ts';
import type { Setting } from '../lib/setting.ts';
import { readInit } from '../media/mp4/stream.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';
import type { FinishedFile, SegmentInit } from '../model/segment.ts';
import { startRelay } from '../relay/relay.ts';
import type { Spool } from '../spool/spool.ts';
import type { CameraLine } from '../stream/camera-line.ts';
import { TimedPort } from '../stream/timed-port.ts';
import { openLoopbackPort } from '../tunnel/loopback-port.ts';
import type { Tunnel } from '../tunnel/tunnel.ts';
import { archiverOptions } from './options.ts';

const clock = systemClock;

/** Back-off of failed recordings. Starts short, since footage is missing during each wait. */
const restart = { minMs: 100, maxMs: 15_000, healthyAfterMs: 3_000 };
const forwardWithinMs = 30_000;
const relayReadyWithinMs = 10_000;
const leftoversEveryMs = 30_000;

/** Where footage is published. */
export interface Destination {
  readonly spool: Pick<Spool, 'publish' | 'leftovers' | 'releaseRunDirectory' | 'list'>;
  readonly ledger: Pick<Ledger, 'segments'>;
}

/**
 * Publishes a finished file as a segment in the spool and in the ledger. Idempotent, so that it can be
 * repeated after a crash between any two steps. Notes the file's holes first, since they can't be
 * found once the file is in the spool. A segment in the spool that the ledger lacks is added at the next
 * start.
 *
 * @param line tells why pictures are missing; of a file that an earlier run left, nobody knows
 * @throws if the file can't be published; the file then stays where it was
 */
export async function publish(
  { spool, ledger }: Destination,
  camera: CameraName,
  file: FinishedFile,
  line?: Pick<CameraLine, 'between'>,
): Promise<void> {
  for (const hole of file.holes ?? []) {
    const slow = line?.between(hole.startMs, hole.startMs + hole.durationMs);
    if (slow !== undefined) ledger.segments.noteHole({ ...camera, ...hole }, 'line too slow', slow);
    else ledger.segments.noteHole({ ...camera, ...hole }, 'stream stalled', 'no picture came');
  }
  const segment = await spool.publish(camera, file);
  ledger.segments.spooled(segment, await initOf(segment.path));
}

/** The file's init, kept in the ledger so that it need not be read from the bucket later. */
async function initOf(path: string): Promise<SegmentInit | undefined> {
  try {
    return (await readInit(createReadStream(path, { end: 65_535 })))?.summary;
  } catch {
    // The file may already have been stored and deleted. Playback then reads the init from the bucket.
    return undefined;
  }
}

/**
 * Publishes the files that a kill or a power cut left in the spool, before it resolves. Afterwards,
 * periodically retries files that could not be published, for example because the disk was full.
 */
export async function publishLeftovers(
  to: Destination,
  reconciler: Pick<Reconciler, 'doubtAllBut'>,
  log: Log,
  everyMs = leftoversEveryMs,
): Promise<AsyncDisposable> {
  await using parts = new AsyncDisposableStack();
  const gate = parts.use(new FloodGate(log));
  await publishOnce(to, log, gate);
  // After a crash, the ledger may lack segments that were just published to the spool.
  const inSpool = await to.spool.list();
  for (const segment of inSpool) to.ledger.segments.spooled(segment);
  reconciler.doubtAllBut(inSpool);
  parts.use(
    repeated(everyMs, () => publishOnce(to, log, gate), {
      clock,
      log,
      trouble: 'leftover recordings can not be looked for',
    }),
  );
  return parts.move();
}

async function publishOnce(to: Destination, log: Log, gate: FloodGate): Promise<void> {
  for (const { camera, path } of await to.spool.leftovers()) {
    const cameraLog = log.child({ camera: formatCameraName(camera) });
    try {
      for (const file of await salvage(path, cameraLog)) {
        await publish(to, camera, file);
        cameraLog.info('footage of an earlier run was salvaged', {
          start: new Date(file.startMs).toISOString(),
          durationMs: file.durationMs,
        });
      }
      await to.spool.releaseRunDirectory(path);
    } catch (error) {
      gate.warn(path, 'footage of an earlier run could not be published yet', {
        camera: formatCameraName(camera),
        directory: path,
        cause: describeError(error),
      });
    }
  }
}

/** Notes that a camera dialled in. Closes its tunnel and returns false if its key is no longer valid. */
export function greet(ledger: Pick<Ledger, 'keys'>, tunnel: Tunnel, log: Log): boolean {
  const use = ledger.keys.used(tunnel.camera, tunnel.keyFingerprint);
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

/** A camera's settings; undefined if the camera was removed or disabled. */
export function settingsOf(
  ledger: Pick<Ledger, 'cameras'>,
  config: Config,
  name: CameraName,
): CameraSettings | undefined {
  const camera = ledger.cameras.find(name);
  if (camera === undefined || camera.disabledMs !== undefined) return undefined;
  return { ...camera, profile: camera.profile ?? config.archive.profile };
}

export function cameraParts(
  config: Config,
  spool: Spool,
  ledger: Pick<Ledger, 'segments'>,
  camera: CameraName,
  processors: Setting<Config['processors']>,
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
    openPort: (forward, line) => openLoopbackPort(forward, log, () => line.watch()),
    startRelay: (source, signal) =>
      startRelay({ ...config.relay, source, log, readyWithinMs: relayReadyWithinMs, signal }),
    startArchiver: async (relay, line, profile, onFile) => {
      const directory = await spool.runDirectory(camera);
      return startArchiver({
        ...archiverOptions(config, profile),
        source: await TimedPort.open({ relayUrl: relay.url, line, clock, log }),
        media: relay.media,
        directory,
        releaseDirectory: () => spool.releaseRunDirectory(directory),
        onFile,
        log,
      });
    },
    publish: (file, line) => publish({ spool, ledger }, camera, file, line),
    disk: spool.disk,
  };
}
