/**
 * A live viewer of a camera, usually a WebSocket. The messages to it, in order:
 *
 * - text `{"type":"init","mime":…,"epochMs":…}`, then an initialization segment (binary): at the start, and
 *   again whenever the stream restarts or changes. `mime` is for MSE's addSourceBuffer or changeType;
 *   `epochMs` is the wall clock (ms since 1970 UTC) of media time 0, so that the delay of the picture
 *   shown is now - (epochMs + 1000 * currentTime);
 * - per picture one binary message: 8 bytes, a float64 (big endian) with the time of its arrival at the
 *   daemon (ms since 1970 UTC), then one moof and one mdat box. The first after an init is a key frame;
 * - text `{"type":"end","reason":…}`, once, before `close`.
 */
export interface LiveViewer {
  sendText(text: string): void;
  /** Must not change the bytes, which are shared with other viewers. */
  sendBinary(bytes: Buffer): void;
  /** Bytes that were sent but have not left this process yet (WebSocket.bufferedAmount). */
  bufferedBytes(): number;
  /** Closes the viewer once the messages before have left. Nothing more is sent. */
  close(reason: string): void;
  /** Aborts when the viewer has gone. */
  readonly signal: AbortSignal;
}
