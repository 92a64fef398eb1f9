/**
 * One who watches a camera live: as a rule, a WebSocket. What it gets, in order:
 *
 * - text `{"type":"init","mime":…,"epochMs":…}`, then an initialization segment (binary): at first, and
 *   again whenever the stream begins anew or changes. `mime` is for MSE's addSourceBuffer or changeType;
 *   `epochMs` is the wall clock (ms since 1970 UTC) of media time 0, so that the delay of what is shown
 *   is now - (epochMs + 1000 * currentTime);
 * - per picture one binary message: 8 bytes, a float64 (big endian) with the time of its arrival at the
 *   daemon (ms since 1970 UTC), then one moof and one mdat box. The first after an init is a key frame;
 * - text `{"type":"end","reason":…}`, once, before `close`.
 */
export interface LiveViewer {
  sendText(text: string): void;
  /** The bytes are shared with other viewers: not to be changed. */
  sendBinary(bytes: Buffer): void;
  /** What was sent and has not left this process yet (WebSocket.bufferedAmount). */
  bufferedBytes(): number;
  /** It gets nothing more, and is to be closed once what it was sent is on its way. */
  close(reason: string): void;
  /** Aborts when the viewer has gone. */
  readonly signal: AbortSignal;
}
