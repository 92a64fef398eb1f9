import type { OwnersPiece } from '../../contract/continuity.ts';
import { useState } from 'preact/hooks';
import { type Day, momentsOfInput, nearest, toLocalInput } from '../time/zone.ts';
import { MomentChoice } from './moment-choice.tsx';
import type { Playback } from './use-playback.ts';
import type { Sound } from './use-sound.ts';

interface PlaybackControlsProps {
  readonly playback: Playback;
  readonly sound: Sound;
  readonly day: Day;
  readonly timeZone: string;
  readonly gaps: readonly OwnersPiece[];
  readonly seek: (atMs: number) => void;
  readonly seekGap: (startMs: number) => void;
  readonly zoom: number;
  readonly mostZoom: number;
  readonly setZoom: (zoom: number) => void;
  readonly onExport: () => void;
}

const rates = [0.5, 1, 2, 4, 8, 16];
/** Playback starts a little before a gap; that gap must not count as the next one. */
const sameGapMs = 6_000;

export function PlaybackControls(props: PlaybackControlsProps) {
  const { playback, sound, day, timeZone, gaps, seek, seekGap, zoom, mostZoom, setZoom } = props;
  const { atMs, isPlaying, hasSound, rate, toggle, setRate } = playback;
  const nextGap = gaps.find(({ startMs }) => startMs > atMs + sameGapMs);
  const gapBefore = gaps.findLast(({ endMs }) => endMs < atMs - sameGapMs);
  const button = (title: string, words: string, onClick: () => void, disabled = false) => (
    <button type="button" title={title} disabled={disabled} onClick={onClick}>
      {words}
    </button>
  );
  const gapButton = (title: string, words: string, gap: OwnersPiece | undefined) =>
    button(title, words, () => gap && seekGap(gap.startMs), gap === undefined);
  const soundWords = hasSound === false ? 'No sound' : sound.isOn ? 'Mute' : 'Unmute';
  return (
    <div class="controls" role="group" aria-label="Playback">
      <button type="button" class="main play" onClick={toggle}>
        {isPlaying ? 'Pause' : 'Play'}
      </button>
      {button('10 seconds back', '−10 s', () => seek(atMs - 10_000))}
      {button('10 seconds on', '+10 s', () => seek(atMs + 10_000))}
      <label>
        <span class="unseen">Speed</span>
        <select onChange={({ currentTarget }) => setRate(Number(currentTarget.value))}>
          {rates.map((one) => (
            <option key={one} value={one} selected={one === rate}>
              {one}×
            </option>
          ))}
        </select>
      </label>
      {button('Sound (M)', soundWords, sound.toggle, hasSound === false)}
      {gapButton('To the gap before', 'Gap before', gapBefore)}
      {gapButton('To the next gap', 'Next gap', nextGap)}
      <Jump key={day} day={day} timeZone={timeZone} startAtMs={atMs} seek={seek} />
      {button('Show less of the day', 'Zoom in', () => setZoom(zoom + 1), zoom >= mostZoom)}
      {button('Show more of the day', 'Zoom out', () => setZoom(zoom - 1), zoom <= 0)}
      <button type="button" onClick={props.onExport}>
        Export…
      </button>
    </div>
  );
}

interface JumpProps {
  readonly day: Day;
  readonly timeZone: string;
  readonly startAtMs: number;
  readonly seek: (atMs: number) => void;
}

/** Goes to a time of the day that is typed. */
function Jump({ day, timeZone, startAtMs, seek }: JumpProps) {
  const [time, setTime] = useState(toLocalInput(startAtMs, timeZone).slice(11));
  const [atMs, setAt] = useState<number | undefined>(startAtMs);
  const momentsAt = (text: string): readonly number[] =>
    momentsOfInput(`${day}T${text.length === 5 ? `${text}:00` : text}`, timeZone);
  const jump = (event: SubmitEvent): void => {
    event.preventDefault();
    if (atMs !== undefined) seek(atMs);
  };
  const type = (text: string): void => {
    setTime(text);
    setAt((before) => nearest(momentsAt(text), before ?? startAtMs));
  };
  return (
    <form class="jump" onSubmit={jump}>
      <label>
        <span class="unseen">Time to go to</span>
        <input
          type="time"
          name="time"
          step="1"
          required
          value={time}
          onInput={({ currentTarget }) => type(currentTarget.value)}
        />
      </label>
      <MomentChoice
        of="Time to go to"
        moments={momentsAt(time)}
        atMs={atMs}
        timeZone={timeZone}
        onChoose={setAt}
      />
      <button type="submit">Go</button>
    </form>
  );
}
