import { useEffect, useRef, useState } from 'preact/hooks';
import type { OwnCamera } from '../../contract/cameras.ts';
import { cameras } from '../api.ts';
import { stateWords, summaryWords } from '../camera-words.ts';
import { CameraTile } from '../parts/camera-tile.tsx';
import { Looking, Stale } from '../parts/notes.tsx';
import { usePolled } from '../parts/polled.ts';
import '../styles/now.css';

interface NowViewProps {
  readonly timeZone: string;
  readonly onLoggedOut: () => void;
}

export function NowView({ timeZone, onLoggedOut }: NowViewProps) {
  const { value, error } = usePolled(cameras, [], { everyMs: 3_000, onLoggedOut });
  const [live, setLive] = useState<ReadonlySet<string>>(new Set());
  const news = useNews(value?.cameras, value?.nowMs ?? 0, timeZone);
  if (value === undefined) return <Looking error={error} />;
  const toggle = (name: string): void =>
    setLive((shown) => {
      const next = new Set(shown);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const canLive = value.cameras.filter((camera) => camera.live).map(({ name }) => name);
  const isAllLive = canLive.length > 0 && canLive.every((name) => live.has(name));
  const toggleAll = (): void => setLive(new Set(isAllLive ? [] : canLive));
  return (
    <section aria-labelledby="summary">
      <div class="headline">
        <h1 id="summary" class={value.cameras.every((one) => one.isRecording) ? 'well' : 'ill'}>
          {summaryWords(value.cameras)}
        </h1>
        {canLive.length > 1 && (
          <button type="button" aria-pressed={isAllLive} onClick={toggleAll}>
            All live
          </button>
        )}
      </div>
      <Stale error={error} />
      <p class="unseen" role="status" aria-live="polite">
        {news}
      </p>
      <ul class="tiles" data-count={Math.min(value.cameras.length, 5)}>
        {value.cameras.map((camera) => (
          <CameraTile
            key={camera.name}
            camera={camera}
            timeZone={timeZone}
            nowMs={value.nowMs}
            isLive={live.has(camera.name) && camera.live}
            onToggle={() => toggle(camera.name)}
          />
        ))}
      </ul>
    </section>
  );
}

/** Changes since the last answer, for screen readers. */
function useNews(now: readonly OwnCamera[] | undefined, nowMs: number, timeZone: string): string {
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  const [news, setNews] = useState('');
  useEffect(() => {
    if (now === undefined) return;
    const changed = now.filter(({ name, state }) => (before.current.get(name) ?? state) !== state);
    before.current = new Map(now.map(({ name, state }) => [name, state]));
    if (changed.length > 0) {
      setNews(changed.map((one) => `${one.name}: ${stateWords(one, nowMs, timeZone)}.`).join(' '));
    }
  }, [now]);
  return news;
}
