import { createHash } from 'node:crypto';
import { createWriteStream, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { userInfo } from 'node:os';
import { buffer, json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { errorCode, OperatorError } from '../lib/errors.ts';
import { groupName } from '../lib/groups.ts';
import { Scope } from '../lib/scope.ts';
import { within } from '../lib/until.ts';

// An import of it asks for all that it has, which loads a client of WebSockets too and takes longer
// than the whole of a command.
const { request: httpRequest } = process.getBuiltinModule('node:http');

const answerMs = 15_000;

export type Query = Readonly<Record<string, string | number | undefined>>;

/** Talks to the daemon through its control socket. */
export class DaemonClient {
  readonly #find: () => Promise<string>;
  #socket = '';

  /** @param find the path of its control socket, when it is first needed */
  constructor(find: () => Promise<string>) {
    this.#find = find;
  }

  /** @throws {OperatorError} with the daemon's own words, or why it can't be asked */
  async get<T>(path: string, query: Query = {}): Promise<T> {
    return (await this.#ask('GET', pathWith(path, query))) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await this.#ask('POST', path, JSON.stringify(body))) as T;
  }

  async delete(path: string): Promise<void> {
    await this.#ask('DELETE', path);
  }

  /** All pages of a list, one after the other. */
  async *pages<T extends { readonly next?: string }>(
    path: string,
    query: Query = {},
  ): AsyncGenerator<T, void> {
    let after: string | undefined;
    do {
      const page: T = await this.get<T>(path, { ...query, after });
      yield page;
      after = page.next;
    } while (after !== undefined);
  }

  /** What isn't JSON, such as a picture. */
  async bytes(path: string): Promise<Buffer> {
    return (await this.#ask('GET', path, undefined, buffer)) as Buffer;
  }

  /** Writes an answer to a file, which may be long; @returns the SHA-256 of what was written. */
  async download(path: string, file: string): Promise<string> {
    using life = new Scope();
    const response = await this.#send('GET', path, undefined, life.signal).catch(
      (error: unknown) => {
        throw error instanceof OperatorError ? error : this.#explain(error);
      },
    );
    if ((response.statusCode ?? 500) >= 400) throw new OperatorError(errorOf(await json(response)));
    const hash = createHash('sha256');
    response.setTimeout(answerMs, () => response.destroy(new Error('nothing came any more')));
    await pipeline(
      response,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(file, { flags: 'wx', mode: 0o600 }),
    );
    return hash.digest('hex');
  }

  /**
   * An answer that comes line by line, each JSON. The daemon says something every few seconds; a
   * longer silence is an error. Leaving the loop hangs up.
   */
  async *lines<T>(path: string, query: Query): AsyncGenerator<T, void> {
    using life = new Scope();
    try {
      const response = await within(answerMs, 'the answer', life.signal, () =>
        this.#send('GET', pathWith(path, query), undefined, life.signal),
      );
      if ((response.statusCode ?? 500) >= 400) {
        throw new OperatorError(errorOf(await json(response)));
      }
      const pieces = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
      for (let rest = ''; ; ) {
        const piece = await within(answerMs, 'the next line', life.signal, () => pieces.next());
        if (piece.done === true) return;
        const lines = (rest + piece.value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield JSON.parse(line) as T;
      }
    } catch (error) {
      throw error instanceof OperatorError ? error : this.#explain(error);
    }
  }

  async #ask(
    method: string,
    path: string,
    body?: string,
    read: (response: IncomingMessage) => Promise<unknown> = json,
  ): Promise<unknown> {
    try {
      const response = await this.#send(method, path, body);
      if (response.statusCode === 204) {
        response.resume();
        return undefined;
      }
      if ((response.statusCode ?? 500) < 400) return await read(response);
      throw new OperatorError(errorOf(await json(response)));
    } catch (error) {
      throw error instanceof OperatorError ? error : this.#explain(error);
    }
  }

  async #send(
    method: string,
    path: string,
    body?: string,
    signal = AbortSignal.timeout(answerMs),
  ): Promise<IncomingMessage> {
    if (this.#socket === '') this.#socket = await this.#find();
    return await new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json' };
      const request = httpRequest({
        socketPath: this.#socket,
        method,
        path,
        headers,
        agent: false,
        signal,
      });
      request.once('response', resolve);
      request.once('error', reject);
      request.end(body);
    });
  }

  #explain(error: unknown): OperatorError {
    const socket = this.#socket;
    const start =
      'Start it with `systemctl start sapiengraph-cctv` or `bin/cctvd --config FILE`; if it runs, name its socket with --socket.';
    switch (errorCode(error) ?? (error instanceof Error ? error.name : undefined)) {
      case 'ENOENT':
      case 'ENOTDIR':
        return new OperatorError(
          `The daemon is not running: there is no control socket at ${socket}. ${start}`,
        );
      case 'ECONNREFUSED':
        return new OperatorError(
          `The daemon is not running: nothing answers at the control socket ${socket}. ${start}`,
        );
      case 'EACCES':
      case 'EPERM':
        return new OperatorError(
          `You may not open the control socket ${socket}. ${this.#advice()}`,
        );
      case 'AbortError':
      case 'ABORT_ERR':
      case 'TimeoutError':
        return new OperatorError(
          `The daemon did not answer at ${socket} within ${answerMs / 1000} s. Its log may say why.`,
        );
      case undefined:
      default:
        return new OperatorError(
          `The daemon at ${socket} hung up before it answered: is it stopping?`,
          { cause: error },
        );
    }
  }

  #advice(): string {
    const group = ownerGroup(this.#socket);
    if (group === undefined) return 'It is for the group that the daemon runs as; or use sudo.';
    const user = userInfo().username;
    return `It is for the group ${group}: join it with \`sudo usermod -aG ${group} ${user}\` and log in again, or use sudo.`;
  }
}

function pathWith(path: string, query: Query): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) search.set(name, String(value));
  }
  return search.size === 0 ? path : `${path}?${search.toString()}`;
}

function ownerGroup(path: string): string | undefined {
  try {
    const { gid } = statSync(path);
    return groupName(gid) ?? String(gid);
  } catch {
    return undefined;
  }
}

function errorOf(answer: unknown): string {
  const error =
    typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  return typeof error === 'string' ? error : 'The daemon refused without saying why.';
}
