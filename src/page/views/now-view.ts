import { html, useEffect, useRef, useState } from '/vendor/htm-preact.js';
import { cameras } from '../api.ts';
import type { Camera } from '../api-types.ts';
import { stateWords, summaryWords } from '../camera-words.ts';
import { CameraTile } from '../parts/camera-tile.ts';
import { usePolled } from '../parts/polled.ts';

export interface NowViewProps {
  readonly timeZone: string;
  readonly onLoggedOut: () => void;
}

const everyMs = 3_000;

export function NowView({ timeZone, onLoggedOut }: NowViewProps) {
  const { value, error } = usePolled(cameras, [], { everyMs, onLoggedOut });
  const [live, setLive] = useState<ReadonlySet<string>>(new Set());
  const news = useNews(value?.cameras, value?.nowMs ?? 0, timeZone);
  if (value === undefined) return html`<p class="note" role="status">${error ?? 'Looking…'}</p>`;
  const toggle = (name: string): void =>
    setLive((shown) => {
      const next = new Set(shown);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  const canLive = value.cameras.filter((camera) => camera.live).map(({ name }) => name);
  const isAllLive = canLive.length > 0 && canLive.every((name) => live.has(name));
  return html`<section aria-labelledby="summary">
    <div class="headline">
      <h1 id="summary" class=${value.cameras.every((one) => one.isRecording) ? 'well' : 'ill'}>
        ${summaryWords(value.cameras)}
      </h1>
      ${
        canLive.length > 1 &&
        html`<button type="button" aria-pressed=${isAllLive} onClick=${() => setLive(new Set(isAllLive ? [] : canLive))}>
          All live
        </button>`
      }
    </div>
    ${error !== undefined && html`<p class="trouble" role="alert">${error} What you see may be old.</p>`}
    <p class="unseen" role="status" aria-live="polite">${news}</p>
    <ul class="tiles" data-count=${Math.min(value.cameras.length, 5)}>
      ${value.cameras.map(
        (camera) => html`<${CameraTile}
          key=${camera.name}
          ...${{ camera, timeZone, nowMs: value.nowMs, isLive: live.has(camera.name) && camera.live }}
          onToggle=${() => toggle(camera.name)}
        />`,
      )}
    </ul>
  </section>`;
}

/** What changed since the last look, for those who hear the page. */
function useNews(now: readonly Camera[] | undefined, nowMs: number, timeZone: string): string {
  const before = useRef<ReadonlyMap<string, string>>(new Map());
  const [news, setNews] = useState('');
  useEffect(() => {
    if (now === undefined) return undefined;
    const changed = now.filter(({ name, state }) => (before.current.get(name) ?? state) !== state);
    before.current = new Map(now.map(({ name, state }) => [name, state]));
    if (changed.length > 0) {
      setNews(changed.map((one) => `${one.name}: ${stateWords(one, nowMs, timeZone)}.`).join(' '));
    }
    return undefined;
  }, [now]);
  return news;
}
