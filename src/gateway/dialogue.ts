import { wallNow } from '../lib/clock.ts';
import type { FloodGate } from '../lib/flood-gate.ts';
import { describeError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { RelayPlace } from './place.ts';
import type { Gatekeeper, KnownViewer, Stranger } from './gatekeeper.ts';
import type { Answer, Request } from '../media/rtsp/message.ts';
import { locate, type ViewedPlace } from './place.ts';
import { parseTransport } from './transport.ts';
import { PlayerSession } from './viewing.ts';

export interface DialogueOptions {
  readonly stranger: Stranger;
  readonly gatekeeper: Gatekeeper;
  readonly gate: FloodGate;
  readonly log: Log;
  relayPlace(account: string, camera: string): RelayPlace;
  takeSeat(account: string): (() => void) | string;
  onSeated(): void;
  write(bytes: Buffer): void;
  /** Bytes written to the player so far. */
  sent(): number;
  drop(reason: string): void;
}

export interface Answered {
  readonly answer: Answer;
  /** Call it when the answer has been written. */
  readonly afterwards?: () => void;
}

const methods =
  'OPTIONS, DESCRIBE, SETUP, PLAY, PAUSE, TEARDOWN, GET_PARAMETER, SET_PARAMETER' as const;
const allowed: ReadonlySet<string> = new Set(methods.split(', '));
/** The timeout that players are told: at the latest after this time they send a request. */
const sessionTimeoutSeconds = 60;

const ok: Answer = { status: 200 };
const offline: Answer = { status: 404, reason: 'Camera Is Offline' };
const noCamera: Answer = { status: 404, reason: 'No Such Camera' };
const noAddress: Answer = { status: 404, reason: 'Not Found: The Address Must Name A Camera' };
const wrongState: Answer = { status: 455 };
const noSession: Answer = { status: 454 };

/** Answers the requests on one player's connection (RFC 2326 section 10). */
export class Dialogue {
  readonly #options: DialogueOptions;
  #freeSeat: (() => void) | undefined;
  viewing: PlayerSession | undefined;
  /** The viewer who has proved to know their password on this connection. */
  known: KnownViewer | undefined;
  player = '';
  /** When the player first set up a track, in milliseconds since 1970 UTC; 0 before. */
  sinceMs = 0;

  constructor(options: DialogueOptions) {
    this.#options = options;
  }

  async answer(request: Request): Promise<Answered> {
    const answer = await this.#check(request);
    return 'answer' in answer ? answer : { answer };
  }

  /** Ends the session and frees the seat, because the viewer has gone or changes the camera. */
  async end(reason: string): Promise<void> {
    const { viewing } = this;
    this.viewing = undefined;
    if (viewing !== undefined) {
      if (this.sinceMs > 0) {
        const seconds = Math.round((wallNow() - this.sinceMs) / 1_000);
        const bytes = this.#options.sent();
        this.#options.log.info('viewer left', { ...this.#fields(viewing), reason, seconds, bytes });
        this.sinceMs = 0;
      }
      await viewing[Symbol.asyncDispose]();
    }
    this.#freeSeat?.();
    this.#freeSeat = undefined;
  }

  async #check(request: Request): Promise<Answer | Answered> {
    const { method, headers } = request;
    const wanted = headers.get('require') ?? headers.get('proxy-require');
    if (wanted !== undefined) return { status: 551, headers: [['Unsupported', wanted]] };
    if (method === 'OPTIONS') return { status: 200, headers: [['Public', methods]] };
    if (!allowed.has(method)) return { status: 405, headers: [['Allow', methods]] };
    const { stranger, gatekeeper } = this.#options;
    const place = locate(request.url, stranger);
    if (place === undefined) return noAddress;

    // The proof holds for the whole connection, because players don't repeat it in each request.
    if (headers.has('authorization') || this.known?.account !== place.account) {
      const found = await gatekeeper.identify(request, place, stranger);
      if ('status' in found) return found;
      if (this.known !== undefined && !isSame(this.known, found)) return wrongState;
      this.known = found;
    }
    this.player = (headers.get('user-agent') ?? this.player).replace(/[^ -~]/g, '?').slice(0, 80);
    return this.#obey(request, place, this.known);
  }

  async #obey(
    request: Request,
    place: ViewedPlace,
    known: KnownViewer,
  ): Promise<Answer | Answered> {
    const { cameras } = known.viewer;
    if (cameras !== undefined && !cameras.includes(place.camera)) return noCamera;
    switch (request.method) {
      case 'DESCRIBE':
        return this.#describe(place);
      case 'SETUP':
        return this.#setUp(request, place);
      default:
        break;
    }
    const { viewing } = this;
    const said = sessionOf(request);
    if (said === undefined && request.method.endsWith('_PARAMETER')) return ok;
    if (viewing === undefined || said !== viewing.id || viewing.place.camera !== place.camera) {
      return noSession;
    }
    if (viewing.state === 'describing') return noSession;
    return this.#steer(request.method, viewing);
  }

  async #steer(method: string, viewing: PlayerSession): Promise<Answer | Answered> {
    const session = [['Session', viewing.id]] as const;
    switch (method) {
      case 'PLAY':
        return this.#play(viewing);
      case 'PAUSE':
        viewing.pause();
        return { status: 200, headers: session };
      case 'TEARDOWN':
        await this.end('the player ended the session');
        return ok;
      default:
        return { status: 200, headers: session };
    }
  }

  async #describe(place: ViewedPlace): Promise<Answer> {
    const viewing = await this.#view(place);
    if (!(viewing instanceof PlayerSession)) return viewing;
    return {
      status: 200,
      headers: [
        ['Content-Base', `${place.url}/`],
        ['Content-Type', 'application/sdp'],
        ['Cache-Control', 'no-cache'],
      ],
      body: viewing.sdp,
    };
  }

  async #setUp(request: Request, place: ViewedPlace): Promise<Answer> {
    const transport = parseTransport(request.headers.get('transport') ?? '');
    if (transport === undefined) return { status: 461 };
    const viewing = await this.#view(place);
    if (!(viewing instanceof PlayerSession)) return viewing;
    if (![undefined, viewing.id].includes(sessionOf(request))) return noSession;
    if (place.track === undefined) return noAddress;
    if (viewing.state !== 'describing' && viewing.state !== 'ready') return wrongState;
    if (!viewing.canSetUp(place.track)) return wrongState;
    const channels = await viewing.setUp(place.track, transport.channels);
    if (channels === undefined) return { status: 461 };
    if (this.sinceMs === 0) this.sinceMs = wallNow();
    return {
      status: 200,
      headers: [
        ['Session', `${viewing.id};timeout=${sessionTimeoutSeconds}`],
        ['Transport', `RTP/AVP/TCP;unicast;interleaved=${channels.join('-')};mode="PLAY"`],
      ],
    };
  }

  async #play(viewing: PlayerSession): Promise<Answered> {
    const first = viewing.state === 'ready';
    const info = await viewing.play();
    return {
      answer: {
        status: 200,
        headers: [
          ['Session', viewing.id],
          ['Range', 'npt=now-'],
          ...(info === '' ? [] : [['RTP-Info', info] as const]),
        ],
      },
      afterwards: () => {
        viewing.release();
        if (first) this.#options.log.info('viewer watches', this.#fields(viewing));
      },
    };
  }

  /** The session with the camera at `place`, opened if need be; or the answer if that fails. */
  async #view(place: ViewedPlace): Promise<PlayerSession | Answer> {
    const { stranger, gate, ...options } = this.#options;
    if (this.viewing?.place.url === place.url) return this.viewing;
    if (this.viewing !== undefined) {
      if (this.viewing.state !== 'describing') return wrongState;
      await this.end('the player asked for another camera');
    }
    const { account, camera } = place;
    const relay = options.relayPlace(account, camera);
    if (relay === undefined) return noCamera;
    if (relay === 'offline') return offline;
    const seat = options.takeSeat(account);
    if (typeof seat === 'string') {
      const fields = { account, address: stranger.address, cause: seat };
      gate.warn(`seat ${account}`, 'a viewer was refused: too many', fields);
      return { status: 453, reason: 'Too Many Viewers' };
    }
    try {
      this.viewing = await PlayerSession.open({
        place,
        relayUrl: relay.url,
        write: (frames) => options.write(frames),
        onGone: (reason) => options.drop(`the camera went offline (${reason})`),
        now: () => performance.now(),
      });
    } catch (error) {
      seat();
      // Not a fault: the camera may be leaving just now. The end of its relay is logged elsewhere.
      options.log.debug('no stream from a relay', {
        camera: `${account}/${camera}`,
        cause: describeError(error),
      });
      return offline;
    }
    this.#freeSeat = seat;
    options.onSeated();
    return this.viewing;
  }

  #fields({ place }: PlayerSession) {
    const { address, secure } = this.#options.stranger;
    return {
      camera: `${place.account}/${place.camera}`,
      viewer: this.known?.viewer.name,
      address,
      secure,
      player: this.player,
    };
  }
}

const isSame = (a: KnownViewer, b: KnownViewer): boolean =>
  a.account === b.account && a.viewer.name === b.viewer.name;

const sessionOf = ({ headers }: Request): string | undefined =>
  headers.get('session')?.split(';')[0]?.trim();
