import type { Archiver } from '../archive/archiver.ts';
import type { Clock } from '../lib/clock.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import type { Changing } from '../lib/setting.ts';
import type { RecordingState } from '../model/gap-cause.ts';
import { type Restart, supervise } from '../lib/supervise.ts';
import { within } from '../lib/until.ts';
import type { Relay } from '../relay/relay.ts';
import type { FinishedFile } from '../model/segment.ts';
import type { LoopbackPort } from '../tunnel/loopback-port.ts';
import type { Forward, Tunnel } from '../tunnel/tunnel.ts';
import type { CameraView } from './camera-view.ts';
import { toldOf } from './gap-causes.ts';
import type { Processor } from './processor.ts';
import type { CameraSettings, LiveSettings } from './settings.ts';

/** Whether there is room to record. */
export interface SpoolDisk {
  readonly isFull: boolean;
  /** Resolves when there is room, or `signal` aborts. */
  whenRoom(signal: AbortSignal): Promise<void>;
  /** Rejects with a DiskFullError when the room is used up; settles too when `signal` aborts. */
  whenFull(signal: AbortSignal): Promise<void>;
}

/** What a camera's life is made of, each part with its options already in it. */
export interface CameraParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly restart: Restart;
  /** How long a camera may be connected without asking for its RTSP forward. */
  readonly forwardWithinMs: number;
  /** What runs beside the archiver; it may be changed while the camera is recorded. */
  readonly processors: Changing<readonly Processor[]>;
  readonly disk: SpoolDisk;
  /**
   * What the recording does from now on, for the account of this camera's footage. Of what failed,
   * the cause is told; the end of the tunnel is not, since that is the end of the life itself.
   */
  note(state: RecordingState, detail: string): void;
  openPort(forward: Forward): Promise<LoopbackPort>;
  startRelay(source: string, signal: AbortSignal): Promise<Relay>;
  startArchiver(
    relay: Relay,
    profile: CameraSettings['profile'],
    onFile: (file: FinishedFile) => Promise<void>,
  ): Promise<Archiver>;
  publish(file: FinishedFile): Promise<void>;
}

/**
 * One camera, from its dial-in to its hang-up.
 *
 *   tunnel ─ while it is open: a loopback port that leads to the camera's RTSP server
 *     └ relay ─ while it runs: an RTSP address that any number of readers may use
 *         ├ archiver ─ while it runs: finished files, published into the spool
 *         └ processors ─ each while it runs: a command of the operator's
 *
 * What ends is started again, and takes with it only what is drawn beneath it; but the relay is
 * replaced with its archiver, since a live555ProxyServer whose last viewer leaves may never play again.
 * When the operator changes the settings, relay and archiver begin anew with them, and the tunnel stays.
 */
export async function runCamera(
  tunnel: Tunnel,
  settings: LiveSettings,
  parts: CameraParts,
  view: CameraView,
  shutdown: AbortSignal,
): Promise<void> {
  using life = new Scope(shutdown, tunnel.closed);
  parts.note('starting', `dialled in from ${tunnel.remoteAddress}`);

  const forward = await within(
    parts.forwardWithinMs,
    'the RTSP forward (-R 554:HOST:PORT), which the camera has to ask for,',
    life.signal,
    (signal) => tunnel.forward('rtsp', signal),
  );
  await using port = await parts.openPort(forward);

  while (!life.signal.aborted) {
    const { values, replaced } = settings.present;
    // It ends before the change is noted, so that nothing of this recording is noted after it.
    using unchanged = new Scope(life.signal, replaced);
    const onReplaced = (): void => {
      view.settingsChanged();
      parts.note('settings changed', describeError(replaced.reason));
    };
    replaced.addEventListener('abort', onReplaced, { once: true, signal: life.signal });
    const record = (signal: AbortSignal): Promise<void> => relay(port, values, parts, view, signal);
    await supervise('recording', (signal) => toldOf(parts, signal, record), {
      ...parts,
      log: view.noting(parts.log),
      signal: unchanged.signal,
    });
  }
}

async function relay(
  port: LoopbackPort,
  settings: CameraSettings,
  parts: CameraParts,
  view: CameraView,
  signal: AbortSignal,
): Promise<void> {
  await room(parts, signal);
  view.starting();
  await using server = await parts.startRelay(sourceUrl(port.port, settings), signal);
  using life = new Scope(signal);
  const processing = process(server, parts, life.signal);
  try {
    await archive(port, server, settings.profile, parts, view, life.signal);
  } finally {
    life.end();
    await processing;
  }
}

/** Runs the processors; all of them anew when they are changed. */
async function process(server: Relay, parts: CameraParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    using life = new Scope(signal);
    const running = parts.processors.value.map((processor) =>
      supervise(`processor ${processor.name}`, (inner) => processor.run(server.url, inner), {
        ...parts,
        signal: life.signal,
      }),
    );
    await parts.processors.changed(signal);
    life.end();
    await Promise.all(running);
  }
}

/** Waits while the disk is full: a relay and an archiver could only fail, again and again. */
async function room(parts: CameraParts, signal: AbortSignal): Promise<void> {
  if (!parts.disk.isFull) return;
  parts.note('disk full', 'recording waits for room');
  await parts.disk.whenRoom(signal);
  signal.throwIfAborted();
  parts.note('starting', 'there is room again');
}

async function archive(
  port: LoopbackPort,
  server: Relay,
  profile: CameraSettings['profile'],
  parts: CameraParts,
  view: CameraView,
  signal: AbortSignal,
): Promise<void> {
  await using archiver = await parts.startArchiver(server, profile, (file) => parts.publish(file));
  using _shown = view.show(server, archiver);
  void archiver.firstPicture.then(() => {
    if (!signal.aborted) parts.note('recording', '');
  });
  try {
    await Promise.race([
      archiver.ended(signal),
      server.ended(signal),
      port.hungUp(signal),
      parts.disk.whenFull(signal),
    ]);
  } finally {
    // The relay goes first: its archiver then reads to the end of the stream and finishes its file,
    // where it would else wait for a camera that has gone.
    await server[Symbol.asyncDispose]();
  }
}

function sourceUrl(port: number, { rtspPath, rtspUser, rtspPassword }: CameraSettings): string {
  const credentials =
    rtspUser === undefined
      ? ''
      : `${encodeURIComponent(rtspUser)}:${encodeURIComponent(rtspPassword ?? '')}@`;
  return `rtsp://${credentials}127.0.0.1:${port}${rtspPath}`;
}
