import type { OverviewAnswer, SessionAnswer, SessionsAnswer } from '../contract/web.ts';
import type { DaySums, TimelineAnswer } from '../contract/continuity.ts';
import type { ExportList, ExportStatus, StartedExport } from '../contract/footage.ts';
import type { OwnCamerasAnswer } from '../contract/cameras.ts';
import { serverClock } from './time/server-clock.ts';
import type { Day, Span } from './time/zone.ts';

/** An error answer, with the server's message. */
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

/** An error message for the user. */
export const errorWords = (error: unknown): string =>
  error instanceof ApiError ? error.message : 'The server cannot be reached.';

const timeoutMs = 15_000;

let csrf = '';

async function ask(path: string, init: RequestInit = {}, signal?: AbortSignal): Promise<Response> {
  const timeout = AbortSignal.timeout(timeoutMs);
  const response = await fetch(path, {
    credentials: 'same-origin',
    cache: 'no-store',
    ...init,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
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

const remove = (path: string): Promise<Response> =>
  ask(path, { method: 'DELETE', headers: { 'x-csrf-token': csrf } });

export const cameraPath = (camera: string): string => `/api/cameras/${encodeURIComponent(camera)}`;
const spanQuery = ({ fromMs, toMs }: Span): string =>
  `from=${Math.floor(fromMs)}&to=${Math.ceil(toMs)}`;

export async function session(): Promise<SessionAnswer> {
  const found = await get<SessionAnswer>('/api/session');
  csrf = found.csrf;
  return found;
}

export const logIn = (account: string, user: string, password: string): Promise<unknown> =>
  post('/api/login', { account, user, password });

export const logOut = (): Promise<unknown> => post('/api/logout', {});

/** Where the person is signed in. */
export const sessions = (signal?: AbortSignal): Promise<SessionsAnswer> =>
  get('/api/sessions', signal);

export const endOtherSessions = (): Promise<unknown> => remove('/api/sessions');

/** Also measures the offset between this device's clock and the server's. */
export async function cameras(signal?: AbortSignal): Promise<OwnCamerasAnswer> {
  const askedAtMs = Date.now();
  const answer = await get<OwnCamerasAnswer>('/api/cameras', signal);
  serverClock.learn(askedAtMs, Date.now(), answer.nowMs);
  return answer;
}

export const timeline = (
  camera: string,
  span: Span,
  signal?: AbortSignal,
): Promise<TimelineAnswer> => get(`${cameraPath(camera)}/timeline?${spanQuery(span)}`, signal);

/** @param to inclusive */
export async function days(
  camera: string,
  from: Day,
  to: Day,
  signal?: AbortSignal,
): Promise<readonly DaySums[]> {
  const path = `${cameraPath(camera)}/days?from=${from}&to=${to}`;
  return (await get<{ days: readonly DaySums[] }>(path, signal)).days;
}

/** @param viaDaemon true for a browser that cannot read the bucket itself */
export const playlistUrl = (camera: string, span: Span, viaDaemon: boolean): string =>
  `${cameraPath(camera)}/playlist.m3u8?${spanQuery(span)}${viaDaemon ? '&via=daemon' : ''}`;

export const previewUrl = (camera: string, atMs: number): string =>
  `${cameraPath(camera)}/preview?at=${Math.floor(atMs)}`;

export const startExport = async (
  camera: string,
  { fromMs, toMs }: Span,
): Promise<StartedExport> => {
  const response = await post(`${cameraPath(camera)}/exports`, { fromMs, toMs });
  return (await response.json()) as StartedExport;
};

export const exportList = (signal?: AbortSignal): Promise<ExportList> =>
  get('/api/exports', signal);

export const deleteExport = (id: string): Promise<unknown> => remove(exportPath(id));

const exportPath = (id: string): string => `/api/exports/${encodeURIComponent(id)}`;
export const exportState = (id: string, signal?: AbortSignal): Promise<ExportStatus> =>
  get(exportPath(id), signal);
export const exportFileUrl = (id: string): string => `${exportPath(id)}/file`;
export const evidenceUrl = (id: string): string => `${exportPath(id)}/evidence.txt`;

export const overview = (signal?: AbortSignal): Promise<OverviewAnswer> =>
  get('/api/operator/overview', signal);
