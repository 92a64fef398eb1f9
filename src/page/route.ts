/** The view shown. Kept in the URL's hash, so that back, reload and bookmarks work. */
export type Route =
  | { readonly view: 'now' | 'overview' }
  | { readonly view: 'live'; readonly camera: string }
  | { readonly view: 'past'; readonly camera?: string; readonly atMs?: number };

/** @param hash as in location.hash; an invalid hash gives the first view */
export function readRoute(hash: string): Route {
  const [view, camera, at] = hash.replace(/^#\/?/, '').split('/').map(decode);
  if (view === 'live' && camera) return { view, camera };
  if (view === 'past') {
    if (!camera) return { view };
    const atMs = Number(at);
    return at && Number.isFinite(atMs) ? { view, camera, atMs } : { view, camera };
  }
  return view === 'overview' ? { view } : { view: 'now' };
}

export function routeHash(route: Route): string {
  const camera = 'camera' in route && route.camera ? `/${encodeURIComponent(route.camera)}` : '';
  const at = camera && 'atMs' in route && route.atMs !== undefined ? Math.floor(route.atMs) : '';
  return `#/${route.view}${camera}${at && `/${at}`}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
