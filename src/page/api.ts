import type {
  Cameras,
  DaySums,
  ExportState,
  Overview,
  Session,
  StartedExport,
  Timeline,
} from './api-types.ts';
import { serverClock } from './time/server-clock.ts';
import type { Day, Span } from './time/zone.ts';

/** What the server said no with. */
export class ApiError extends Error {
  readonly status: number;
  readonly retryAfterS: number | undefined;

  constructor(status: number, message: string, retryAfterS?: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.retryAfterS = retryAfterS;
  }
}

const answerMs = 15_000;

let csrf = '';

async function ask(path: string, init: RequestInit = {}, signal?: AbortSignal): Promise<Response> {
  const limit = AbortSignal.timeout(answerMs);
  const response = await fetch(path, {
    credentials: 'same-origin',
    cache: 'no-store',
    ...init,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
  });
  if (response.ok) return response;
  const said = (await response.json().catch(() => ({}))) as { error?: unknown };
  const words =
    typeof said.error === 'string' ? said.error : `the server answered ${response.status}`;
  const retryAfterS = Number(response.headers.get('retry-after') ?? Number.NaN);
  throw new ApiError(response.status, words, Number.isNaN(retryAfterS) ? undefined : retryAfterS);
}

const get = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await (await ask(path, {}, signal)).json()) as T;

const post = (path: string, body: unknown): Promise<Response> =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-csrf-token': csrf },
    body: JSON.stringify(body),
  });

export const cameraPath = (camera: string): string => `/api/cameras/${encodeURIComponent(camera)}`;
const spanQuery = ({ fromMs, toMs }: Span): string =>
  `from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`;

export async function session(): Promise<Session> {
  const found = await get<Session>('/api/session');
  csrf = found.csrf;
  return found;
}

export const logIn = (account: string, user: string, password: string): Promise<unknown> =>
  post('/api/login', { ...(account === '' ? {} : { account }), user, password });

export const logOut = (): Promise<unknown> => post('/api/logout', {});

/** Besides the cameras, learns how far this device's clock is from the server's. */
export async function cameras(signal?: AbortSignal): Promise<Cameras> {
  const askedAtMs = Date.now();
  const answer = await get<Cameras>('/api/cameras', signal);
  serverClock.learn(askedAtMs, Date.now(), answer.nowMs);
  return answer;
}

export const timeline = (camera: string, span: Span, signal?: AbortSignal): Promise<Timeline> =>
  get(`${cameraPath(camera)}/timeline?${spanQuery(span)}`, signal);

/** @param to inclusive */
export const days = async (
  camera: string,
  from: Day,
  to: Day,
  signal?: AbortSignal,
): Promise<readonly DaySums[]> =>
  (
    await get<{ days: readonly DaySums[] }>(
      `${cameraPath(camera)}/days?from=${from}&to=${to}`,
      signal,
    )
  ).days;

/** @param viaDaemon for when this browser cannot read the bucket itself */
export const playlistUrl = (camera: string, span: Span, viaDaemon: boolean): string =>
  `${cameraPath(camera)}/playlist.m3u8?${spanQuery(span)}${viaDaemon ? '&via=daemon' : ''}`;

export const previewUrl = (camera: string, atMs: number): string =>
  `${cameraPath(camera)}/preview?at=${Math.floor(atMs)}`;

export const startExport = async (camera: string, { fromMs, toMs }: Span): Promise<StartedExport> =>
  (await (await post(`${cameraPath(camera)}/exports`, { fromMs, toMs })).json()) as StartedExport;

const exportPath = (id: string): string => `/api/exports/${encodeURIComponent(id)}`;
export const exportState = (id: string, signal?: AbortSignal): Promise<ExportState> =>
  get(exportPath(id), signal);
export const exportFileUrl = (id: string): string => `${exportPath(id)}/file`;
export const evidenceUrl = (id: string): string => `${exportPath(id)}/evidence.txt`;

export const overview = (signal?: AbortSignal): Promise<Overview> =>
  get('/api/operator/overview', signal);
