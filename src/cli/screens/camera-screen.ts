import type { CameraAnswer } from '../../console/api.ts';
import { formatCameraName } from '../../lib/names.ts';
import { plain } from '../plain.ts';
import { stateSentence } from '../state-words.ts';
import { facts } from '../table.ts';
import { count, formatBytes, formatDuration, formatTime, formatWhen } from '../units.ts';
import { describePicture } from './cameras-screen.ts';

type Fact = readonly [string, ...string[]];

/** What `cctv camera show` shows. */
export function cameraScreen(camera: CameraAnswer, nowMs: number): string[] {
  const { settings, connection, lastFootageAtMs, stored, spooled } = camera;
  return facts([
    ['Camera', formatCameraName(camera)],
    ...(connection === undefined
      ? [['State', 'not connected'] as const]
      : describeConnection(connection, nowMs)),
    [
      'Last footage',
      lastFootageAtMs === undefined ? 'none yet' : formatWhen(lastFootageAtMs, nowMs),
    ],
    ['In the bucket', describeAmount(stored)],
    ['In the spool', describeAmount(spooled)],
    ...(settings === undefined ? [] : describeSettings(settings, nowMs)),
  ]);
}

const describeAmount = ({ segments, bytes, durationMs }: CameraAnswer['stored']): string =>
  segments === 0
    ? 'nothing'
    : `${count(segments, 'segment')}, ${formatDuration(durationMs)}, ${formatBytes(bytes)}`;

function describeConnection(
  connection: NonNullable<CameraAnswer['connection']>,
  nowMs: number,
): Fact[] {
  const sound = connection.audioCodec === undefined ? 'none' : plain(connection.audioCodec);
  const { relay } = connection;
  return [
    ['State', stateSentence(connection, nowMs)],
    ['Connected', `since ${formatWhen(connection.connectedAtMs, nowMs)}`],
    ['From', `${plain(connection.remoteAddress)}, ${plain(connection.client)}`],
    ['Picture', describePicture(connection)],
    ['Sound', sound],
    ['Recorded as', connection.profile],
    ['Restarts', String(connection.restarts)],
    ...(relay === undefined ? [] : [['Stream', `${relay.url} (on this machine only)`] as const]),
  ];
}

function describeSettings(settings: NonNullable<CameraAnswer['settings']>, nowMs: number): Fact[] {
  const { rtspUser, hasRtspPassword, keys } = settings;
  const login =
    rtspUser === undefined ? 'none' : `${rtspUser}${hasRtspPassword ? ', with a password' : ''}`;
  return [
    ['Added', formatTime(settings.addedAtMs, nowMs)],
    ['RTSP path', settings.rtspPath],
    ['RTSP login', login],
    ['Profile', settings.profile ?? 'that of the configuration'],
    [
      'Key',
      ...keys.map(({ algorithm, fingerprint, comment }) =>
        `${algorithm} ${fingerprint} ${plain(comment)}`.trimEnd(),
      ),
    ],
  ];
}
