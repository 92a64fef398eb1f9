import type { Agent as HttpAgent } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex, Readable } from 'node:stream';

/** The store sends more than such an answer can have. */
export class LongerAnswerError extends Error {
  override name = 'LongerAnswerError';

  constructor(maxBytes: number) {
    super(`the store's answer is longer than ${maxBytes} bytes`);
  }
}

/** A connection stalled, was too slow, or could not be established in time. */
export class UploadStalledError extends Error {
  override name = 'StalledError';
  /** How large the request's body was. */
  readonly sentBytes: number;

  constructor(message: string, sentBytes = 0) {
    super(message);
    this.sentBytes = sentBytes;
  }
}

/** Passes a body on. @throws LongerAnswerError once there are more than `maxBytes` */
export async function* boundedBody(
  body: unknown,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void> {
  let bytes = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new LongerAnswerError(maxBytes);
    yield chunk;
  }
}

/** Reads an answer whole. @throws LongerAnswerError, UploadStalledError after `ms` */
export async function wholeAnswer(body: Readable, maxBytes: number, ms: number): Promise<Buffer> {
  const late = setTimeout(
    () => body.destroy(new UploadStalledError(`an answer took longer than ${ms / 1000} s`)),
    ms,
  );
  try {
    const pieces: Uint8Array[] = [];
    for await (const piece of boundedBody(body, maxBytes)) pieces.push(piece);
    return Buffer.concat(pieces);
  } finally {
    clearTimeout(late);
  }
}

/** An answer that brings fewer bytes than this in a window, but some, is a drip. */
const leastBytes = 1_024;

/** So many windows may drip in a row: some stores send blanks while they work on a large object. */
const dripsAllowed = 5;

/**
 * Ends connections of `agent` on which the answer drips. Silence is the business of the idle timeout.
 *
 * @param windowMs how long a window is
 */
export function endDrips<T extends HttpAgent>(agent: T, windowMs: number): T {
  const timers = new WeakMap<Duplex, NodeJS.Timeout>();
  const release = (socket: Duplex): void => clearInterval(timers.get(socket));
  const watch = (socket: Duplex | null | undefined): void => {
    if (!(socket instanceof Socket)) return;
    if (timers.has(socket)) release(socket);
    else socket.once('close', () => release(socket));
    timers.set(socket, dripTimer(socket, windowMs));
  };
  const createConnection = agent.createConnection.bind(agent);
  const reuseSocket = agent.reuseSocket.bind(agent);
  const keepSocketAlive = agent.keepSocketAlive.bind(agent);
  agent.createConnection = (...args) => {
    const socket = createConnection(...args);
    watch(socket);
    return socket;
  };
  agent.reuseSocket = (socket, request) => {
    reuseSocket(socket, request);
    watch(socket);
  };
  agent.keepSocketAlive = (socket) => {
    release(socket);
    // Its result says whether the socket can be used again, though its type has none.
    return keepSocketAlive(socket);
  };
  return agent;
}

function dripTimer(socket: Socket, windowMs: number): NodeJS.Timeout {
  let before = socket.bytesRead;
  let drips = 0;
  const timer = setInterval(() => {
    const came = socket.bytesRead - before;
    before = socket.bytesRead;
    if (came >= leastBytes) drips = 0;
    else if (came > 0) drips += 1;
    if (drips < dripsAllowed) return;
    socket.destroy(new UploadStalledError('the store’s answer comes too slowly'));
  }, windowMs);
  return timer.unref();
}
