import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { Connection, ServerChannel } from 'ssh2';

/** All that we use of ssh2 beyond what it documents. Its version is pinned, and tests cover each use. */

/** The socket under a connection. */
export const socketOf = (connection: Connection): Socket =>
  (connection as unknown as { readonly _sock: Socket })._sock;

/** How many more bytes the other side may send; negative if it sent more than it was allowed. */
export const receiveWindowOf = (channel: ServerChannel): number =>
  (channel.incoming as { readonly window: number }).window;

/** ssh2 buffers 2 MB before it stops granting window, on top of the window of 2 MB itself. */
export function limitReadBuffer(channel: ServerChannel, bytes: number): void {
  (
    channel as unknown as { _readableState: { highWaterMark: number } }
  )._readableState.highWaterMark = bytes;
}

/** Whether ssh2's compiled ciphers were built; without them all works, at half as much CPU time again. */
export const hasNativeCiphers = (): boolean =>
  (
    createRequire(import.meta.url)('ssh2/lib/protocol/crypto.js') as {
      readonly bindingAvailable: boolean;
    }
  ).bindingAvailable;
