import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Connection, ServerChannel } from 'ssh2';

/** All undocumented parts of ssh2 that we use. Its version is pinned, and tests cover each use. */

/** The socket under a connection. */
export const socketOf = (connection: Connection): Socket =>
  (connection as unknown as { readonly _sock: Socket })._sock;

type OnChannelData = (protocol: unknown, recipient: number, data: Buffer) => void;

interface Inside {
  readonly _protocol: { readonly _handlers: { CHANNEL_DATA: OnChannelData } };
  readonly _chanMgr: { get(id: number): { incoming?: { window: number } } | undefined };
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
    const window = _chanMgr.get(recipient)?.incoming?.window;
    if (window !== undefined && data.length > window) onOverrun();
    else receive(protocol, recipient, data);
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
