import type { FastifyInstance } from 'fastify';
import type { WebSocket } from 'ws';
import { formatCameraName, isLabel } from '../model/camera-name.ts';
import { requireCamera } from './camera-access.ts';
import { HttpError, notThere } from '../lib/http-error.ts';
import type { WebOptions } from './options.ts';
import { isOwnOrigin } from './origin.ts';
import type { Sessions } from './sessions.ts';

const maxViewers = 200;
const maxViewersEach = 20;
/** A browser that is gone without a word answers no ping. */
const pingEveryMs = 15_000;
/** A session that ended meanwhile ends what it watches. */
const checkEveryMs = 5_000;

/** `/api/cameras/NAME/live`: the camera's pictures over a WebSocket. */
export function addLiveRoute(
  app: FastifyInstance,
  sessions: Sessions,
  { ledger, live, publicUrl }: Pick<WebOptions, 'ledger' | 'live' | 'publicUrl'>,
): void {
  const watching = new Map<string, number>();
  let viewers = 0;

  app.get<{ Params: { camera: string } }>(
    '/api/cameras/:camera/live',
    {
      websocket: true,
      // Before the connection is anything else than a request.
      preValidation: async (request) => {
        if (!request.ws) throw new HttpError(426, 'This is for WebSockets.');
        if (!isOwnOrigin(request, publicUrl)) {
          throw new HttpError(403, 'This request comes from another site.');
        }
        const session = sessions.require(request);
        if (session.role !== 'viewer' || live === undefined) throw notThere();
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
            // It may no longer be watched.
          }
        }
        socket.close(1008, 'the session has ended');
      }, checkEveryMs);
      socket.on('pong', () => void (isAlive = true));
      // What follows an error is 'close'.
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
      void live.watch(formatCameraName({ account, camera }), viewer);
    },
  );
}
