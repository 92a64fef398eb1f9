import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Connection, ServerChannel } from 'ssh2';

/** All undocumented parts of ssh2 that we use. Its version is pinned, and tests cover each use. */

/** The socket under a connection. */
export const socketOf = (connection: Connection): Socket =>
  (connection as unknown as { readonly _sock: Socket })._sock;

type Handler = (...args: readonly unknown[]) => void;
type OnChannelData = (protocol: unknown, recipient: number, data: Buffer) => void;

interface Inside {
  readonly _protocol: {
    parse(chunk: Buffer, from: number, to: number): void;
    _onPacket: () => void;
    readonly _handlers: {
      CHANNEL_DATA: OnChannelData;
      GLOBAL_REQUEST: Handler;
      CHANNEL_OPEN: Handler;
      CHANNEL_REQUEST: Handler;
      REQUEST_SUCCESS?: () => void;
      REQUEST_FAILURE?: () => void;
    };
    ping(): void;
    forwardedTcpip(id: number, window: number, maxPacket: number, info: object): void;
    channelWindowAdjust(id: number, bytes: number): void;
  };
  readonly _chanMgr: { get(id: number): { incoming?: Incoming } | undefined };
}

interface Incoming {
  window: number;
  /** Of a channel whose window we grant ourselves. */
  left?: number;
}

/**
 * Enforces the window that the peer was granted (RFC 4254 section 5.2). ssh2 would buffer any
 * amount beyond it.
 *
 * @param onOverrun is called for each message that exceeds the window; the message is discarded
 */
export function guardWindows(connection: Connection, onOverrun: () => void): void {
  const { _protocol, _chanMgr } = connection as unknown as Inside;
  const receive = _protocol._handlers.CHANNEL_DATA;
  _protocol._handlers.CHANNEL_DATA = (protocol, recipient, data) => {
    const incoming = _chanMgr.get(recipient)?.incoming;
    const window = incoming?.left ?? incoming?.window;
    if (window !== undefined && data.length > window) onOverrun();
    else receive(protocol, recipient, data);
  };
}

/**
 * Puts `feed` between the socket and the parser.
 *
 * @param feed takes what came, and hands it to the function that is returned
 * @param onMessage is called for each message; `asks` if it asks for an answer
 * @returns parses; throws what the parser throws
 */
export function interpose(
  connection: Connection,
  feed: (chunk: Buffer) => void,
  onMessage: (asks: boolean) => void,
): (piece: Buffer) => void {
  const { _protocol } = connection as unknown as Inside;
  const parse = _protocol.parse.bind(_protocol);
  _protocol.parse = (chunk, from, to) => feed(chunk.subarray(from, to));
  const onPacket = _protocol._onPacket;
  _protocol._onPacket = () => {
    onMessage(false);
    onPacket();
  };
  const { _handlers } = _protocol;
  for (const kind of ['GLOBAL_REQUEST', 'CHANNEL_OPEN', 'CHANNEL_REQUEST'] as const) {
    const handle = _handlers[kind];
    _handlers[kind] = (...args) => {
      onMessage(true);
      handle(...args);
    };
  }
  return (piece) => parse(piece, 0, piece.length);
}

/** The window that ssh2 gives each channel that it opens. Half of it used up, it grants it anew. */
const ssh2Window = 2 * 1024 ** 2;

/** Sets what the peer is told when we open a channel (RFC 4254 section 5.1): first window, largest packet. */
export function setChannelLimits(connection: Connection, window: number, packet: number): void {
  const { _protocol } = connection as unknown as Inside;
  const open = _protocol.forwardedTcpip.bind(_protocol);
  _protocol.forwardedTcpip = (id, _window, _packet, info) => open(id, window, packet, info);
}

/** What a peer may still send in a channel. */
export interface Window {
  readonly left: number;
  grant(bytes: number): void;
}

/** Takes over from ssh2 when to grant a channel more window; `left` was told when it was opened. */
export function takeOverWindow(channel: ServerChannel, left: number): Window {
  const { incoming, outgoing, _client } = channel as unknown as {
    readonly incoming: Incoming;
    readonly outgoing: { readonly id: number; readonly state: string };
    readonly _client: Inside;
  };
  incoming.left = left;
  // ssh2 subtracts what it receives, and must not find that the window is used up.
  Object.defineProperty(incoming, 'window', {
    get: () => ssh2Window,
    set: (window: number) => {
      incoming.left = (incoming.left ?? 0) - (ssh2Window - window);
    },
  });
  return {
    get left() {
      return incoming.left ?? 0;
    },
    grant(bytes) {
      if (outgoing.state === 'closed') return;
      incoming.left = (incoming.left ?? 0) + bytes;
      _client._protocol.channelWindowAdjust(outgoing.id, bytes);
    },
  };
}

const maxPings = 8;

/**
 * Measures how long the peer takes to answer keep-alive requests. Its answers come in order (RFC 4254
 * section 4), behind all that it sent before.
 *
 * @param onEcho takes milliseconds
 * @returns sends such a request, unless many are unanswered; and says since when the oldest is
 */
export function measureEchoes(
  connection: Connection,
  onEcho: (ms: number) => void,
): { ask(): void; readonly askedAtMs: number | undefined } {
  const { _protocol } = connection as unknown as Inside;
  const asked: number[] = [];
  const ping = _protocol.ping.bind(_protocol);
  _protocol.ping = () => {
    // A peer that never answers must not make us remember all that we asked.
    if (asked.length < maxPings) asked.push(performance.now());
    ping();
  };
  const answered = (): void => {
    const at = asked.shift();
    if (at !== undefined) onEcho(performance.now() - at);
  };
  _protocol._handlers.REQUEST_SUCCESS = answered;
  _protocol._handlers.REQUEST_FAILURE = answered;
  return {
    ask() {
      if (asked.length < maxPings) _protocol.ping();
    },
    get askedAtMs() {
      return asked[0];
    },
  };
}

/** Lowers a limit: ssh2 would buffer 2 MB before it stops granting window, which is 2 MB itself. */
export function limitReadBuffer(channel: ServerChannel, bytes: number): void {
  (
    channel as unknown as { _readableState: { highWaterMark: number } }
  )._readableState.highWaterMark = bytes;
}

/** Whether ssh2's compiled ciphers were built. Without them, it takes 1.5 times the CPU time. */
export const hasNativeCiphers = (): boolean =>
  (
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
      readonly bindingAvailable: boolean;
    }
  ).bindingAvailable;
