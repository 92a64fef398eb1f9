/** An RTSP server that is there already, taken apart. */
export interface RtspSource {
  readonly host: string;
  readonly port: number;
  /** With its leading slash. */
  readonly path: string;
  readonly user?: string;
  readonly password?: string;
}

/** Reads rtsp://[user[:password]@]host[:port]/path; undefined if it is not of that form. */
export function parseRtspUrl(text: string): RtspSource | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'rtsp:' || url.hostname === '') return undefined;
  return {
    host: url.hostname,
    port: Number(url.port || 554),
    path: `${url.pathname || '/'}${url.search}`,
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
  };
}
