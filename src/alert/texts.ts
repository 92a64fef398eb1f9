import type { EventCamera, JudgedEvent } from './incident.ts';
import { shortTime } from '../lib/time.ts';
import { lengthOfTime } from '../lib/words.ts';
import { smsSize } from './sms-text.ts';

export interface EventText {
  /** Fits one SMS, except for the operator's events. */
  readonly text: string;
  /** For e-mail. */
  readonly subject: string;
}

/** An event in a few words, with times in `timeZone`. */
export function textOf(event: JudgedEvent, timeZone: string): EventText {
  const account = event.account ?? 'cctv';
  const when = (ms: number): string => shortTime(ms, event.atMs, timeZone);
  const { cameras } = event;
  const [first] = cameras;
  switch (event.kind) {
    case 'not-recording':
      return {
        text: stopped(account, cameras, when),
        subject: `${account}: ${who(cameras)} not recording`,
      };
    case 'recording-again':
      return {
        text: again(account, cameras, when),
        subject: `${account}: ${who(cameras)} recording again`,
      };
    case 'slow-line':
      return {
        text: slow(account, cameras, when),
        subject: `${account}: the line of ${who(cameras)} is too slow`,
      };
    case 'digest':
      return {
        text: [
          ...(first === undefined ? [] : [meanwhile(account, cameras, when)]),
          ...(event.detail === undefined ? [] : [event.detail]),
        ].join('; '),
        subject: `${account}: what happened meanwhile`,
      };
    case 'test':
      return {
        text: `Test for ${account} at ${when(event.atMs)}: alerts reach you here.`,
        subject: `${account}: test`,
      };
    case 'trouble':
      return {
        text: `${event.detail ?? ''} (since ${when(event.sinceMs ?? event.atMs)})`,
        subject: `cctv: ${event.detail ?? 'trouble'}`.slice(0, 100),
      };
    case 'trouble-over': {
      const since = event.sinceMs ?? event.atMs;
      return {
        text: `Over after ${lengthOfTime(event.atMs - since)}: ${event.detail ?? ''}`,
        subject: `cctv: over: ${event.detail ?? 'trouble'}`.slice(0, 100),
      };
    }
  }
}

type When = (ms: number) => string;

const who = (cameras: readonly EventCamera[]): string =>
  cameras.length === 1 ? (cameras[0]?.name ?? '') : `${cameras.length} cameras`;

const earliest = (times: readonly number[]): number => Math.min(...times);

function stopped(account: string, cameras: readonly EventCamera[], when: When): string {
  const since = when(earliest(cameras.map(({ sinceMs }) => sinceMs)));
  const causes = Map.groupBy(cameras, ({ cause }) => cause ?? 'unexplained');
  if (cameras.length === 1) {
    return `${who(cameras)} has not recorded since ${since}: ${[...causes.keys()].join()}`;
  }
  return fitted([...causes.values()], (lists) => {
    const parts = [...causes.keys()].map((cause, index) => `${cause} (${lists[index] ?? ''})`);
    return `${who(cameras)} of ${account} have not recorded since ${since}: ${parts.join(', ')}`;
  });
}

function again(account: string, cameras: readonly EventCamera[], when: When): string {
  const [only] = cameras;
  if (cameras.length === 1 && only !== undefined) return oneAgain(only, when);
  const since = when(Math.max(...cameras.map(({ againMs, sinceMs }) => againMs ?? sinceMs)));
  const missed = lengthOfTime(Math.max(...cameras.map(({ missedMs = 0 }) => missedMs)));
  return fitted([cameras], ([list = '']) => {
    return `${who(cameras)} of ${account} record again since ${since}, missed up to ${missed} (${list})`;
  });
}

function slow(account: string, cameras: readonly EventCamera[], when: When): string {
  const since = when(earliest(cameras.map(({ sinceMs }) => sinceMs)));
  const [first] = cameras;
  const words = `too slow since ${since}, pictures may be missing`;
  if (cameras.length === 1) return `The line of ${who(cameras)} is ${words}: ${first?.detail}`;
  return fitted([cameras], ([list = '']) => {
    return `The line of ${who(cameras)} of ${account} is ${words} (${list})`;
  });
}

function oneAgain({ name, sinceMs, againMs, stops, missedMs }: EventCamera, when: When): string {
  const often =
    stops === undefined || stops < 2 ? '' : `, stopped ${stops} times since ${when(sinceMs)}`;
  const missed = lengthOfTime(missedMs ?? 0);
  return `${name} records again since ${when(againMs ?? sinceMs)}${often}, missed ${missed}`;
}

function meanwhile(account: string, cameras: readonly EventCamera[], when: When): string {
  const [ended, lasting] = [true, false].map((isOver) =>
    cameras.filter(({ againMs }) => (againMs !== undefined) === isOver),
  );
  const parts = [
    ...(lasting?.length ? [stopped(account, lasting, when)] : []),
    ...(ended?.length ? [again(account, ended, when)] : []),
  ];
  const whole = parts.join('; ');
  if (smsSize(whole).parts === 1) return whole;
  const numbers = [
    ...(lasting?.length ? [`${lasting.length} not recording`] : []),
    ...(ended?.length ? [`${ended.length} stopped and record again`] : []),
  ];
  return fitted([[...(lasting ?? []), ...(ended ?? [])]], ([list = '']) => {
    return `${account}: ${numbers.join(', ')} (${list})`;
  });
}

/** The text with as many names as fit one SMS. */
function fitted(
  groups: readonly (readonly EventCamera[])[],
  tell: (lists: readonly string[]) => string,
): string {
  const most = Math.max(...groups.map((group) => group.length));
  for (let shown = Math.min(most, 20); shown > 0; shown -= 1) {
    const text = tell(groups.map((group) => listed(group, shown)));
    if (smsSize(text).parts === 1) return text;
  }
  return tell(groups.map((group) => String(group.length)));
}

function listed(cameras: readonly EventCamera[], shown: number): string {
  const names = cameras.slice(0, shown).map(({ name }) => name);
  const more = cameras.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` +${more}` : ''}`;
}
