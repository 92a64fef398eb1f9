import { useEffect, useState } from 'preact/hooks';

const words = { auto: 'as the device', light: 'light', dark: 'dark' } as const;
type Theme = keyof typeof words;
const themes = Object.keys(words) as Theme[];
const key = 'theme';

const kept = (): Theme => themes.find((theme) => theme === localStorage.getItem(key)) ?? 'auto';

function show(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** Must be called before the first rendering, so that the page does not flash white at night. */
export const showKeptTheme = (): void => show(kept());

export function ThemeButton() {
  const [theme, setTheme] = useState(kept);
  useEffect(() => {
    show(theme);
    localStorage.setItem(key, theme);
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return (
    <button
      type="button"
      class="quiet icon"
      aria-label={`Colours: ${words[theme]}. Change to ${words[next]}`}
      title={`Colours: ${words[theme]}`}
      onClick={() => setTheme(next)}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
        {theme !== 'light' && <path d="M10 3.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />}
        {theme === 'dark' && <path d="M10 3.5a6.5 6.5 0 0 0 0 13z" fill="currentColor" />}
      </svg>
    </button>
  );
}
