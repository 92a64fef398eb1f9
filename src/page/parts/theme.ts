import { html, useEffect, useState } from '/vendor/htm-preact.js';

const themes = ['auto', 'light', 'dark'] as const;
type Theme = (typeof themes)[number];
const key = 'theme';

function kept(): Theme {
  const found = localStorage.getItem(key);
  return themes.find((theme) => theme === found) ?? 'auto';
}

function show(theme: Theme): void {
  if (theme === 'auto') delete document.documentElement.dataset['theme'];
  else document.documentElement.dataset['theme'] = theme;
}

/** As this device was told last; before the first drawing, so that nothing flashes white at night. */
export const showKeptTheme = (): void => show(kept());

const words = { auto: 'as the device', light: 'light', dark: 'dark' } as const;

export function ThemeButton() {
  const [theme, setTheme] = useState(kept);
  useEffect(() => {
    show(theme);
    localStorage.setItem(key, theme);
    return undefined;
  }, [theme]);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  return html`<button
    type="button"
    class="quiet icon"
    aria-label=${`Colours: ${words[theme]}. Change to ${words[next]}`}
    title=${`Colours: ${words[theme]}`}
    onClick=${() => setTheme(next)}
  >
    <svg viewBox="0 0 20 20" aria-hidden="true">
      <circle cx="10" cy="10" r="6.5" fill="none" stroke="currentColor" stroke-width="1.5" />
      ${theme !== 'light' && html`<path d="M10 3.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />`}
      ${theme === 'dark' && html`<path d="M10 3.5a6.5 6.5 0 0 0 0 13z" fill="currentColor" />`}
    </svg>
  </button>`;
}
