import { useEffect, useState } from 'preact/hooks';
import type { SessionAnswer } from '../contract/web.ts';
import { ApiError, logOut, session } from './api.ts';
import { lazy } from './parts/lazy.tsx';
import { Trouble } from './parts/notes.tsx';
import { ThemeButton } from './parts/theme.tsx';
import { type Route, readRoute, routeHash } from './route.ts';
import { LoginView } from './views/login-view.tsx';

// Loaded lazily, so that the login page does not wait for them.
const NowView = lazy(async () => (await import('./views/now-view.tsx')).NowView);
const LiveView = lazy(async () => (await import('./views/live-view.tsx')).LiveView);
const PastView = lazy(async () => (await import('./views/past-view.tsx')).PastView);
const SignIns = lazy(async () => (await import('./parts/sign-ins.tsx')).SignIns);
const OverviewView = lazy(async () => (await import('./views/overview-view.tsx')).OverviewView);

type Who = SessionAnswer | 'nobody' | 'unknown' | { readonly trouble: string };

export function App() {
  const [who, setWho] = useState<Who>('unknown');
  const route = useRoute();
  useEffect(() => {
    document.title = `${titleOf(route)} – Cameras`;
  }, [route]);
  const askWho = async (): Promise<void> => {
    try {
      setWho(await session());
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) setWho('nobody');
      else setWho({ trouble: 'The server cannot be reached.' });
    }
  };
  useEffect(() => void askWho(), []);
  if (who === 'unknown') return <main class="alone" aria-busy="true" />;
  if (who === 'nobody') return <LoginView onLoggedIn={askWho} />;
  if ('trouble' in who) {
    return (
      <main class="alone">
        <Trouble>{who.trouble}</Trouble>
        <button type="button" onClick={() => void askWho()}>
          Try again
        </button>
      </main>
    );
  }
  const onLoggedOut = (): void => setWho('nobody');
  const leave = async (): Promise<void> => {
    // Show the login page even if the server cannot be reached.
    await logOut().catch(() => undefined);
    onLoggedOut();
  };
  return (
    <>
      <a class="skip" href="#main" onClick={skipToMain}>
        Skip to the content
      </a>
      <Header session={who} route={route} onLeave={() => void leave()} />
      <main id="main" tabIndex={-1}>
        <View session={who} route={route} onLoggedOut={onLoggedOut} />
      </main>
    </>
  );
}

/** The document's title, for tabs, bookmarks and screen readers. */
const titleOf = (route: Route): string =>
  'camera' in route && route.camera ? `${route.camera}, ${route.view}` : route.view;

interface ViewProps {
  readonly session: SessionAnswer;
  readonly route: Route;
  readonly onLoggedOut: () => void;
}

function View({ session, route, onLoggedOut }: ViewProps) {
  if (session.role === 'operator') return <OverviewView onLoggedOut={onLoggedOut} />;
  const common = { timeZone: session.timeZone, onLoggedOut };
  switch (route.view) {
    case 'live':
      return <LiveView key={route.camera} {...common} camera={route.camera} />;
    case 'past':
      return <PastView {...common} camera={route.camera} atMs={route.atMs} />;
    case 'now':
    case 'overview':
      return <NowView {...common} />;
  }
}

interface HeaderProps {
  readonly session: SessionAnswer;
  readonly route: Route;
  readonly onLeave: () => void;
}

function Header({ session, route, onLeave }: HeaderProps) {
  const isViewer = session.role === 'viewer';
  const [isShown, setShown] = useState(false);
  const name = isViewer ? session.account : 'operator';
  const link = (view: 'now' | 'past' | 'overview', words: string, isHere: boolean) => (
    <a href={routeHash({ view })} aria-current={isHere ? 'page' : undefined}>
      {words}
    </a>
  );
  return (
    <header class="bar">
      <nav aria-label="Views">
        {isViewer && link('now', 'Now', route.view === 'now' || route.view === 'live')}
        {isViewer && link('past', 'Past', route.view === 'past')}
        {!isViewer && link('overview', 'Overview', true)}
      </nav>
      <button
        type="button"
        class="quiet who"
        aria-label={`${name}: where you are signed in`}
        onClick={() => setShown(true)}
      >
        {name}
      </button>
      {isShown && (
        <SignIns timeZone={isViewer ? session.timeZone : 'UTC'} onClose={() => setShown(false)} />
      )}
      <ThemeButton />
      <button type="button" class="quiet" onClick={onLeave}>
        Sign out
      </button>
    </header>
  );
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

/** Replaces the link's own navigation: the hash names the view, so `#main` would open the first view. */
function skipToMain(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
