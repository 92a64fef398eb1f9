/** Where in the page one is; kept in the address's hash, so that back, reload and bookmarks work. */
export type Route =
  | { readonly view: 'now' }
  | { readonly view: 'live'; readonly camera: string }
  | { readonly view: 'past'; readonly camera?: string; readonly atMs?: number }
  | { readonly view: 'overview' };

/** @param hash as in location.hash; what makes no sense leads to the first view */
export function readRoute(hash: string): Route {
  const [view, camera, at] = hash.replace(/^#\/?/, '').split('/').map(decode);
  if (view === 'live' && camera) return { view, camera };
  if (view === 'past') {
    const atMs = Number(at);
    return {
      view,
      ...(camera ? { camera } : {}),
      ...(at && Number.isFinite(atMs) ? { atMs } : {}),
    };
  }
  return view === 'overview' ? { view } : { view: 'now' };
}

export function routeHash(route: Route): string {
  const more = 'camera' in route && route.camera ? `/${encodeURIComponent(route.camera)}` : '';
  const at =
    'atMs' in route && route.atMs !== undefined && more ? `/${Math.floor(route.atMs)}` : '';
  return `#/${route.view}${more}${at}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
