import { html, useEffect, useState } from '/vendor/htm-preact.js';
import { ApiError, logOut, session } from './api.ts';
import type { Session } from './api-types.ts';
import { ThemeButton } from './parts/theme.ts';
import { type Route, readRoute, routeHash } from './route.ts';
import { LiveView } from './views/live-view.ts';
import { LoginView } from './views/login-view.ts';
import { NowView } from './views/now-view.ts';
import { OverviewView } from './views/overview-view.ts';
import { PastView } from './views/past-view.ts';

type Who = Session | 'nobody' | 'unknown' | { readonly trouble: string };

export function App() {
  const [who, setWho] = useState<Who>('unknown');
  const route = useRoute();
  useEffect(() => {
    document.title = `${titleOf(route)} – Cameras`;
    return undefined;
  }, [route]);
  const lookWho = async (): Promise<void> => {
    try {
      setWho(await session());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) setWho('nobody');
      else setWho({ trouble: 'The server cannot be reached.' });
    }
  };
  useEffect(() => {
    void lookWho();
    return undefined;
  }, []);
  if (who === 'unknown') return html`<main class="alone" aria-busy="true"></main>`;
  if (who === 'nobody') return html`<${LoginView} onLoggedIn=${lookWho} />`;
  if ('trouble' in who) {
    return html`<main class="alone">
      <p role="alert">${who.trouble}</p>
      <button type="button" onClick=${lookWho}>Try again</button>
    </main>`;
  }
  const onLoggedOut = (): void => setWho('nobody');
  const leave = async (): Promise<void> => {
    // Whether or not the server heard it, nothing of this session stays on the screen.
    await logOut().catch(() => undefined);
    onLoggedOut();
  };
  return html`
    <a class="skip" href="#main" onClick=${skipToMain}>Skip to the content</a>
    <${Header} session=${who} route=${route} onLeave=${leave} />
    <main id="main" tabindex="-1">${viewOf(who, route, onLoggedOut)}</main>
  `;
}

/** For tabs, bookmarks, and those who hear the page. */
const titleOf = (route: Route): string =>
  'camera' in route && route.camera ? `${route.camera}, ${route.view}` : route.view;

function viewOf(session: Session, route: Route, onLoggedOut: () => void) {
  if (session.role === 'operator') return html`<${OverviewView} onLoggedOut=${onLoggedOut} />`;
  const { timeZone } = session;
  switch (route.view) {
    case 'live':
      return html`<${LiveView} key=${route.camera} ...${{ timeZone, onLoggedOut, camera: route.camera }} />`;
    case 'past':
      return html`<${PastView} ...${{ timeZone, onLoggedOut, camera: route.camera, atMs: route.atMs }} />`;
    case 'now':
    case 'overview':
      return html`<${NowView} ...${{ timeZone, onLoggedOut }} />`;
  }
}

interface HeaderProps {
  readonly session: Session;
  readonly route: Route;
  readonly onLeave: () => void;
}

function Header({ session, route, onLeave }: HeaderProps) {
  const isViewer = session.role === 'viewer';
  const link = (to: Route, words: string, isHere: boolean) =>
    html`<a href=${routeHash(to)} aria-current=${isHere ? 'page' : undefined}>${words}</a>`;
  return html`<header class="bar">
    <nav aria-label="Views">
      ${
        isViewer
          ? [
              link({ view: 'now' }, 'Now', route.view === 'now' || route.view === 'live'),
              link({ view: 'past' }, 'Past', route.view === 'past'),
            ]
          : link({ view: 'overview' }, 'Overview', true)
      }
    </nav>
    <span class="who">${isViewer ? session.account : 'operator'}</span>
    <${ThemeButton} />
    <button type="button" class="quiet" onClick=${onLeave}>Sign out</button>
  </header>`;
}

function useRoute(): Route {
  const [route, setRoute] = useState(() => readRoute(location.hash));
  useEffect(() => {
    const read = (): void => setRoute(readRoute(location.hash));
    addEventListener('hashchange', read);
    return () => removeEventListener('hashchange', read);
  }, []);
  return route;
}

/** The hash is the route's, so the browser's own jump to it would lead to the first view. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
