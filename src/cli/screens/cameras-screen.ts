import type { CameraAnswer, CameraStatus } from '../../contract/cameras.ts';
import { formatCameraName } from '../../model/camera-name.ts';
import { plain } from '../plain.ts';
import { adoptHint, cameraWord, stateSentence } from '../state-words.ts';
import { type Column, table } from '../table.ts';
import { count, formatBitRate, formatBytes } from '../../lib/words.ts';
import { formatAge } from '../units.ts';

type Connected = CameraAnswer & { readonly connection: CameraStatus };

const namedAtMost = 5;
const none = '-';

const isConnected = (camera: CameraAnswer): camera is Connected => camera.connection !== undefined;

/** What `cctv camera status` shows. */
export function camerasScreen(cameras: readonly CameraAnswer[], nowMs: number): string[] {
  if (cameras.length === 0) {
    return ['No camera was added yet. Add one with: cctv camera add ACCOUNT/NAME --key FILE'];
  }
  const connected = cameras.filter(isConnected);
  const lines =
    connected.length === 0
      ? ['No camera is connected.']
      : table(columns(nowMs), connected, ({ connection }) => notes(connection, nowMs));
  const absent = cameras.filter((camera) => !isConnected(camera));
  const isNew = cameras.filter(({ settings }) => settings?.newSinceMs !== undefined);
  return [
    ...lines,
    ...(isNew.length === 0 ? [] : ['', newcomers(isNew)]),
    ...(absent.length === 0 ? [] : ['', absence(absent, nowMs)]),
  ];
}

/** What is not as it should be. */
function notes(connection: CameraStatus, nowMs: number): string[] {
  const { state, slowLine, soundProblem } = connection;
  const isWell = state === 'recording' && slowLine === undefined;
  return [
    ...(isWell ? [] : [stateSentence(connection, nowMs)]),
    ...(soundProblem === undefined ? [] : [`its sound is not recorded: ${plain(soundProblem)}`]),
  ];
}

/** What `cctv camera status --json` prints. */
export const camerasJson = (cameras: readonly CameraAnswer[]) => ({
  cameras: cameras.filter(isConnected).map(({ connection, settings, spooled, stored }) => ({
    ...connection,
    isNew: settings?.newSinceMs !== undefined,
    spooled,
    stored,
  })),
  notConnected: cameras
    .filter((camera) => !isConnected(camera))
    .map(({ account, camera, state, lastFootageAtMs, spooled, stored }) => ({
      account,
      camera,
      state,
      lastFootageAtMs,
      spooled,
      stored,
    })),
});

// The most important columns come first: a narrow terminal leaves out those on the right.
const columns = (nowMs: number): Column<Connected>[] => [
  { head: 'CAMERA', stays: true, cell: formatCameraName },
  { head: 'STATE', cutTo: 12, cell: cameraWord },
  {
    head: 'FOOTAGE',
    align: 'right',
    cell: ({ lastFootageAtMs }) =>
      lastFootageAtMs === undefined ? 'none' : lastFootage(nowMs - lastFootageAtMs),
  },
  { head: 'PICTURE', cell: ({ connection }) => describePicture(connection) },
  {
    head: 'RATE',
    align: 'right',
    cell: ({ connection: { bitsPerSecond } }) =>
      bitsPerSecond === undefined ? none : formatBitRate(bitsPerSecond),
  },
  {
    head: 'SPOOL',
    align: 'right',
    cell: ({ spooled }) => (spooled.segments === 0 ? none : formatBytes(spooled.bytes)),
  },
  {
    head: 'SINCE',
    align: 'right',
    cell: ({ connection }) => formatAge(nowMs - connection.connectedAtMs),
  },
  { head: 'FROM', cell: ({ connection }) => plain(connection.remoteAddress) },
];

const lastFootage = (ageMs: number): string => (ageMs < 1500 ? 'now' : `${formatAge(ageMs)} ago`);

/** `h264 1920x1080@15` */
export function describePicture({ picture }: CameraStatus): string {
  if (picture === undefined) return none;
  const { codec, width, height, framesPerSecond } = picture;
  const rate = framesPerSecond === undefined ? '' : `@${Math.round(framesPerSecond * 10) / 10}`;
  return `${plain(codec)} ${width}x${height}${rate}`;
}

function newcomers(isNew: readonly CameraAnswer[]): string {
  const [only, ...more] = isNew.map(formatCameraName);
  const name = more.length === 0 && only !== undefined ? only : 'ACCOUNT/NAME';
  return `${count(isNew.length, 'camera is', 'cameras are')} new. ${adoptHint(name)}`;
}

function absence(absent: readonly CameraAnswer[], nowMs: number): string {
  const names = absent.slice(0, namedAtMost).map((camera) => {
    const { lastFootageAtMs } = camera;
    const age =
      lastFootageAtMs === undefined
        ? camera.state
        : `last footage ${formatAge(nowMs - lastFootageAtMs)} ago`;
    return `${formatCameraName(camera)} (${age})`;
  });
  const more = absent.length - names.length;
  return `${count(absent.length, 'camera is', 'cameras are')} not connected: ${names.join(', ')}${more > 0 ? ` and ${more} more; see: cctv camera list` : ''}`;
}
