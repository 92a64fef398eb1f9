import type { Archiver } from '../archive/archiver.ts';
import { unwaited } from '../lib/background.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { Scope } from '../lib/scope.ts';
import type { Changing } from '../lib/setting.ts';
import type { RecordingState, ToldCause } from '../model/gap-cause.ts';
import { type Restart, supervise } from '../lib/supervise.ts';
import { within } from '../lib/until.ts';
import type { Credentials } from '../media/rtsp/login.ts';
import type { Relay, RelaySource } from '../relay/relay.ts';
import type { FinishedFile } from '../model/segment.ts';
import { CameraLine } from '../stream/camera-line.ts';
import type { LoopbackPort } from '../tunnel/loopback-port.ts';
import type { Forward, Tunnel } from '../tunnel/tunnel.ts';
import type { CameraView } from './camera-view.ts';
import { gapCause } from './gap-causes.ts';
import type { Processor } from './processor.ts';
import type { CameraSettings, LiveSettings, SettingsReplacedError } from './settings.ts';

/** Whether there is room to record. */
export interface SpoolDisk {
  readonly isFull: boolean;
  /** Why recording must stop: a DiskFullError or DiskUnusableError; undefined if it need not. */
  readonly whyStopped: Error | undefined;
  /** Resolves when there is room, or `signal` aborts. */
  whenRoom(signal: AbortSignal): Promise<void>;
  /** Rejects with `whyStopped` when recording must stop; settles too when `signal` aborts. */
  whenFull(signal: AbortSignal): Promise<void>;
}

/** What a camera's life is made of, each part with its options already in it. */
export interface CameraParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly restart: Restart;
  /** How long a camera may be connected without asking for its RTSP forward. */
  readonly forwardWithinMs: number;
  /** Commands that run beside the archiver. They may change while the camera is recorded. */
  readonly processors: Changing<readonly Processor[]>;
  readonly disk: SpoolDisk;
  /** @param credentials for the camera's RTSP server, asked for with each connection; undefined if there are none */
  openPort(
    forward: Forward,
    line: CameraLine,
    credentials: () => Credentials | undefined,
  ): Promise<LoopbackPort>;
  startRelay(source: RelaySource, signal: AbortSignal): Promise<Relay>;
  /** Why recordings that fail now may have failed, if that is this server's doing. */
  serverTrouble(): ToldCause | undefined;
  /** Waits until a recording may start: only so many do at a time. Disposing lets the next one start. */
  enterStart(signal: AbortSignal): Promise<Disposable>;
  startArchiver(
    relay: Relay,
    line: CameraLine,
    profile: CameraSettings['profile'],
    onFile: (file: FinishedFile) => Promise<void>,
  ): Promise<Archiver>;
  /** Publishes a file; `line` tells of pictures that are missing in it. */
  publish(file: FinishedFile, line: CameraLine): Promise<void>;
}

/** A recording that kept less than this was not healthy: the next one waits longer. */
const leastKeptMs = 1_000;
/** A processor that ran this long was healthy. */
const processorHealthyAfterMs = 60_000;

export interface NotedParts extends CameraParts {
  /** Notes what the recording does from now on. Not called for the end of the tunnel. */
  readonly note: (state: RecordingState, detail: string) => void;
}

/**
 * One camera, from its dial-in to its hang-up.
 *
 *   tunnel ─ while it is open: a loopback port that leads to the camera's RTSP server
 *     └ relay ─ while it runs: an RTSP address that any number of readers may use
 *         ├ archiver ─ while it runs: finished files, published into the spool
 *         └ processors ─ each while it runs: a command of the operator's
 *
 * A part that ends is started again, and takes along only the parts drawn beneath it. The exception:
 * the relay is replaced with its archiver, since a live555ProxyServer whose last viewer leaves may
 * never play again. When the operator changes the settings, relay and archiver begin anew with them,
 * and the tunnel stays.
 */
export async function runCamera(
  tunnel: Tunnel,
  settings: LiveSettings,
  parts: NotedParts,
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
  const line = new CameraLine(parts.clock, tunnel.echo);
  await using port = await parts.openPort(forward, line, () =>
    credentialsOf(settings.present.values),
  );

  while (!life.signal.aborted) {
    const { values, replaced } = settings.present;
    // Ends before the change is noted, so that nothing of the former recording is noted after it.
    using unchanged = new Scope(life.signal, replaced);
    const onReplaced = (): void => {
      view.settingsChanged();
      const { cause, detail } = (replaced.reason as SettingsReplacedError).told;
      parts.note(cause, detail);
    };
    replaced.addEventListener('abort', onReplaced, {
      once: true,
      signal: life.signal,
    });
    await supervise(
      'recording',
      (signal, wasHealthy) => {
        line.answers.forget();
        const recorded = {
          ...parts,
          publish: telling((file, from) => parts.publish(file, from), wasHealthy),
        };
        return relay(port, line, values, recorded, view, signal);
      },
      {
        ...parts,
        signal: unchanged.signal,
        onFailure: (error) => {
          const { cause, detail } = gapCause(error, {
            slowLine: line.lately(),
            answers: line.answers,
            server: parts.serverTrouble(),
          });
          view.failed(detail);
          parts.note(cause, detail);
        },
      },
    );
  }
}

/** Publishes, and tells once footage of some length was kept. */
function telling(publish: CameraParts['publish'], onKept: () => void): CameraParts['publish'] {
  let keptMs = 0;
  return async (file, line) => {
    await publish(file, line);
    const { durationMs, holes = [] } = file;
    keptMs += holes.reduce((rest, hole) => rest - hole.durationMs, durationMs);
    if (keptMs >= leastKeptMs) onKept();
  };
}

async function relay(
  port: LoopbackPort,
  line: CameraLine,
  settings: CameraSettings,
  parts: NotedParts,
  view: CameraView,
  signal: AbortSignal,
): Promise<void> {
  await room(parts, signal);
  view.starting(line);
  using start = await mayStart(parts, signal);
  await using server = await parts.startRelay(sourceOf(port.port, settings), signal);
  using life = new Scope(signal);
  const processing = process(server, parts, life.signal);
  try {
    await archive(port, line, server, settings.profile, parts, view, start, life.signal);
  } finally {
    life.end();
    await processing;
  }
}

/** Runs the processors, and restarts all of them when they are changed. */
async function process(server: Relay, parts: NotedParts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    using life = new Scope(signal);
    const running = parts.processors.value.map((processor) =>
      supervise(`processor ${processor.name}`, (inner) => processor.run(server.url, inner), {
        ...parts,
        restart: {
          ...parts.restart,
          healthyAfterMs: processorHealthyAfterMs,
        },
        signal: life.signal,
      }),
    );
    await parts.processors.changed(signal);
    life.end();
    await Promise.all(running);
  }
}

/** A camera that is slow to answer holds up the start of others for no longer than this. */
const longestStartMs = 1_000;
const longestLateStartMs = 10_000;
/** A shorter wait is not worth a note. */
const noteAfterMs = 500;

/** Waits for its turn. The turn is over when it is disposed of, or has taken too long. */
async function mayStart(parts: NotedParts, signal: AbortSignal): Promise<Disposable> {
  const trouble = parts.serverTrouble();
  const waiting = setTimeout(() => {
    if (trouble !== undefined)
      parts.note(trouble.cause, `${trouble.detail}; other cameras start first`);
  }, noteAfterMs);
  const start = await parts.enterStart(signal).finally(() => clearTimeout(waiting));
  const limitMs = trouble === undefined ? longestStartMs : longestLateStartMs;
  const timer = setTimeout(() => start[Symbol.dispose](), limitMs);
  return {
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      start[Symbol.dispose]();
    },
  };
}

/** Waits while the disk takes no footage: relay and archiver could only fail, again and again. */
async function room(parts: NotedParts, signal: AbortSignal): Promise<void> {
  const { whyStopped } = parts.disk;
  if (whyStopped === undefined) return;
  const { cause, detail } = gapCause(whyStopped);
  const isFull = cause === 'disk full';
  parts.note(cause, isFull ? 'recording waits for room' : detail);
  await parts.disk.whenRoom(signal);
  signal.throwIfAborted();
  parts.note('starting', isFull ? 'there is room again' : 'the disk can be used again');
}

async function archive(
  port: LoopbackPort,
  line: CameraLine,
  server: Relay,
  profile: CameraSettings['profile'],
  parts: NotedParts,
  view: CameraView,
  start: Disposable,
  signal: AbortSignal,
): Promise<void> {
  await using archiver = await parts.startArchiver(server, line, profile, (file) =>
    parts.publish(file, line),
  );
  // The first picture costs little to wait for, but for a server that can't keep up.
  if (parts.serverTrouble() === undefined) start[Symbol.dispose]();
  using _shown = view.show(server, archiver);
  const noted = archiver.firstPicture.then(() => {
    start[Symbol.dispose]();
    if (!signal.aborted) parts.note('recording', '');
  });
  unwaited(noted, parts.log, 'the first picture could not be noted');
  try {
    await Promise.race([
      archiver.ended(signal),
      server.ended(signal),
      port.hungUp(signal),
      parts.disk.whenFull(signal),
    ]);
  } finally {
    // The relay goes first: the archiver then reads to the end of the stream and finishes its file,
    // instead of waiting for a camera that has gone.
    await server[Symbol.asyncDispose]();
  }
}

const credentialsOf = ({ rtspUser, rtspPassword }: CameraSettings): Credentials | undefined =>
  rtspUser === undefined ? undefined : { user: rtspUser, password: rtspPassword ?? '' };

const sourceOf = (port: number, settings: CameraSettings): RelaySource => ({
  source: `rtsp://127.0.0.1:${port}${settings.rtspPath}`,
  hasCredentials: credentialsOf(settings) !== undefined,
});
