import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import type { Endpoint } from '../api/door.ts';
import { formatCameraName, isLabel } from '../model/camera-name.ts';
import { requireCamera } from './camera-access.ts';
import { unwaited } from '../lib/background.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';
import type { OwnCameraParts } from './camera-routes.ts';
import { isOwnOrigin } from './origin.ts';
import type { Sessions } from './sessions.ts';

const maxViewers = 200;
const maxViewersEach = 20;
/** A browser that vanished answers no ping. */
const pingEveryMs = 15_000;
/** How soon the end of a session or a right ends what it watches. */
const checkEveryMs = 250;

export interface LiveRouteParts extends Pick<OwnCameraParts, 'ledger' | 'live'> {
  readonly log: Log;
  /** The address by which browsers reach us, if it is another: `https://host[:port]`. */
  readonly publicUrl?: string;
}

/** A camera's pictures over a WebSocket. */
export function addLiveRoute(
  app: FastifyInstance,
  sessions: Sessions,
  endpoints: Endpoint[],
  { ledger, live, log, publicUrl }: LiveRouteParts,
): void {
  endpoints.push({
    method: 'GET',
    path: '/api/cameras/{camera}/live',
    access: 'viewer',
    terms: {
      summary: 'A WebSocket with the pictures of now: fragmented MP4, a message for each.',
      also: {
        101: 'It begins.',
        403: 'It comes from another site.',
        426: 'It was asked for without a WebSocket.',
        503: 'Too many watch live.',
      },
    },
  });
  const watching = new Map<string, number>();
  let viewers = 0;

  app.get<{ Params: { camera: string } }>(
    '/api/cameras/:camera/live',
    {
      websocket: true,
      // Refusals are answered before the upgrade.
      preValidation: async (request) => {
        if (!request.ws) throw new HttpError(426, 'This is for WebSockets.');
        if (!isOwnOrigin(request, publicUrl)) {
          throw new HttpError(403, 'This request comes from another site.');
        }
        const session = sessions.requireRole(request, 'viewer');
        if (live === undefined) throw notThere();
        if (!isLabel(request.params.camera)) throw notThere();
        requireCamera(ledger, session, request.params.camera);
        const mine = watching.get(`${session.account}/${session.user}`) ?? 0;
        if (viewers >= maxViewers || mine >= maxViewersEach) {
          throw new HttpError(503, 'Too many watch live. Try again later.');
        }
      },
    },
    (socket: WebSocket, request) => {
      const session = sessions.find(request);
      if (session?.role !== 'viewer' || live === undefined) return socket.close(1008);
      const { account, user } = session;
      const { camera } = request.params;
      const who = `${account}/${user}`;
      viewers += 1;
      watching.set(who, (watching.get(who) ?? 0) + 1);

      const gone = new AbortController();
      let isAlive = true;
      const ping = setInterval(() => {
        if (!isAlive) return socket.terminate();
        isAlive = false;
        socket.ping();
      }, pingEveryMs);
      const check = setInterval(() => {
        const now = sessions.find(request);
        if (now?.role === 'viewer') {
          try {
            requireCamera(ledger, now, camera);
            return;
          } catch {
            // The viewer may no longer watch it.
          }
        }
        socket.close(1008, 'the session has ended');
      }, checkEveryMs);
      socket.on('pong', () => {
        isAlive = true;
      });
      // 'close' follows.
      socket.on('error', () => {});
      socket.once('close', () => {
        clearInterval(ping);
        clearInterval(check);
        viewers -= 1;
        const left = (watching.get(who) ?? 1) - 1;
        if (left === 0) watching.delete(who);
        else watching.set(who, left);
        gone.abort(new Error('the viewer has gone'));
      });

      const isOpen = (): boolean => socket.readyState === socket.OPEN;
      const viewer = {
        sendText: (text: string) => {
          if (isOpen()) socket.send(text);
        },
        sendBinary: (bytes: Buffer) => {
          if (isOpen()) socket.send(bytes);
        },
        bufferedBytes: () => socket.bufferedAmount,
        close: (reason: string) => socket.close(1000, reason.slice(0, 100)),
        signal: gone.signal,
      };
      socket.on('message', (data, isBinary) => {
        if (!isBinary && String(data as Buffer) === '{"type":"skip"}') live.skip(viewer);
      });
      const shown = live.watch(formatCameraName({ account, camera }), viewer);
      unwaited(shown, log, 'a viewer of live pictures was left with an error');
    },
  );
}
