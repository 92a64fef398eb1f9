import { Child } from '../lib/child.ts';
import type { Log } from '../lib/log.ts';
import { type CameraName, formatCameraName } from '../model/camera-name.ts';

/** A command of the operator's that runs beside the archiver for as long as a camera is connected. */
export interface Processor {
  readonly name: string;
  /** Runs the command once: resolves when `signal` aborted and it is gone; rejects if it ended by itself. */
  run(relayUrl: string, signal: AbortSignal): Promise<void>;
}

/**
 * A {@link Processor} from the config. The command finds the stream in its environment:
 * `CCTV_RTSP_URL` (on loopback, RTP over TCP only), `CCTV_ACCOUNT`, `CCTV_CAMERA`.
 *
 * @param command program and arguments; no shell between
 */
export function commandProcessor(
  name: string,
  command: readonly string[],
  camera: CameraName,
  log: Log,
): Processor {
  const [file = '', ...args] = command;
  return {
    name,
    async run(relayUrl, signal) {
      await using child = new Child({
        name: `processor ${name} of ${formatCameraName(camera)}`,
        file,
        args,
        env: {
          CCTV_RTSP_URL: relayUrl,
          CCTV_ACCOUNT: camera.account,
          CCTV_CAMERA: camera.camera,
        },
        onStdoutLine: (line) => log.debug('processor says', { processor: name, line }),
        onStderrLine: (line) => log.debug('processor says', { processor: name, line }),
      });
      await child.ended(signal);
    },
  };
}
