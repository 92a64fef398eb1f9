import type { CameraAnswer } from '../../contract/cameras.ts';
import { formatCameraName } from '../../model/camera-name.ts';
import { plain } from '../plain.ts';
import { adoptHint, cameraWord, stateSentence } from '../state-words.ts';
import { facts } from '../table.ts';
import { count, formatBytes, formatDuration } from '../../lib/words.ts';
import { formatTime, formatWhen } from '../units.ts';
import { describePicture } from './cameras-screen.ts';

type Fact = readonly [string, ...string[]];

/** What `cctv camera show` shows. */
export function cameraScreen(camera: CameraAnswer, nowMs: number): string[] {
  const { settings, connection, lastFootageAtMs, stored, spooled } = camera;
  return facts([
    ['Camera', formatCameraName(camera)],
    ...(connection === undefined
      ? [['State', cameraWord(camera)] as const]
      : describeConnection(connection, nowMs)),
    ...(settings === undefined ? [] : describeWarnings(camera, settings, nowMs)),
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
  const { relay, soundProblem } = connection;
  const notRecorded = soundProblem === undefined ? '' : `, not recorded: ${plain(soundProblem)}`;
  return [
    ['State', stateSentence(connection, nowMs)],
    ['Connected', `since ${formatWhen(connection.connectedAtMs, nowMs)}`],
    ['From', `${plain(connection.remoteAddress)}, ${plain(connection.client)}`],
    ['Picture', describePicture(connection)],
    ['Sound', `${sound}${notRecorded}`],
    ['Recorded as', connection.profile],
    ['Restarts', String(connection.restarts)],
    ...(relay === undefined ? [] : [['Stream', `${relay.url} (on this machine only)`] as const]),
  ];
}

function describeWarnings(
  camera: CameraAnswer,
  { newSinceMs, copiedKey }: NonNullable<CameraAnswer['settings']>,
  nowMs: number,
): Fact[] {
  const facts: Fact[] = [];
  if (newSinceMs !== undefined) facts.push(['New', adoptHint(formatCameraName(camera))]);
  if (copiedKey !== undefined) {
    const [one, other] = copiedKey.addresses;
    facts.push([
      'WARNING',
      `its key was copied: clients at ${plain(one)} and ${plain(other)} took turns with it, last at ${formatWhen(copiedKey.lastMs, nowMs)}. Give it another with: cctv camera replace`,
    ]);
  }
  return facts;
}

function describeSettings(settings: NonNullable<CameraAnswer['settings']>, nowMs: number): Fact[] {
  const { rtspUser, hasRtspPassword, keys, formerNames, formerAccounts } = settings;
  const login =
    rtspUser === undefined ? 'none' : `${rtspUser}${hasRtspPassword ? ', with a password' : ''}`;
  return [
    ['Added', formatTime(settings.addedAtMs, nowMs)],
    ...(formerNames.length === 0 ? [] : [['Was called', formerNames.join(', ')] as const]),
    ...(formerAccounts.length === 0
      ? []
      : [['Account was called', formerAccounts.join(', ')] as const]),
    ['RTSP path', settings.rtspPath],
    ['RTSP login', login],
    ['Profile', settings.profile ?? 'that of the configuration'],
    [
      'Key',
      ...keys.map(({ algorithm, fingerprint, comment, isSuccessor }) =>
        `${algorithm} ${fingerprint}${isSuccessor ? ' (next)' : ''} ${plain(comment)}`.trimEnd(),
      ),
    ],
  ];
}
