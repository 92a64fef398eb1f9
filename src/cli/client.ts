import { createHash } from 'node:crypto';
import { createWriteStream, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { userInfo } from 'node:os';
import { buffer, json } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type * as z from 'zod';
import type { Sent } from '../contract/answer.ts';
import { errorCode, OperatorError } from '../lib/errors.ts';
import { groupName } from '../lib/groups.ts';
import { Scope } from '../lib/scope.ts';
import { within } from '../lib/until.ts';
import { readVersion, serverName } from '../lib/version.ts';

// An import would also load node:http's WebSocket client, which takes longer than a whole command.
const { request: httpRequest } = process.getBuiltinModule('node:http');

const answerMs = 15_000;

export type Query = Readonly<Record<string, string | number | undefined>>;

type Contract = typeof import('../contract/contract.ts');
/** The name of a schema in the contract. */
type AnswerName = {
  [Name in keyof Contract]: Contract[Name] extends z.ZodType ? Name : never;
}[keyof Contract];
type AnswerOf<Name extends AnswerName> = Sent<Contract[Name]>;

/** Talks to the daemon through its control socket. */
export class DaemonClient {
  readonly #find: () => Promise<string>;
  #socket = '';

  /** @param find finds the path of the control socket; called at the first request */
  constructor(find: () => Promise<string>) {
    this.#find = find;
  }

  /** @throws {OperatorError} with the daemon's message, or the reason why the daemon can't be reached */
  get<N extends AnswerName>(path: string, answer: N, query: Query = {}): Promise<AnswerOf<N>> {
    return this.#ask('GET', pathWith(path, query), undefined, readAs(answer));
  }

  post<N extends AnswerName>(path: string, answer: N, body: unknown): Promise<AnswerOf<N>> {
    return this.#ask('POST', path, body, readAs(answer));
  }

  /** A request whose answer is empty. */
  tell(path: string, body: unknown): Promise<void> {
    return this.#ask('POST', path, body, ignore);
  }

  delete(path: string): Promise<void> {
    return this.#ask('DELETE', path, undefined, ignore);
  }

  /** Yields all pages of a list. */
  async *pages<N extends AnswerName>(
    path: string,
    answer: N,
    query: Query = {},
  ): AsyncGenerator<AnswerOf<N>, void> {
    let after: string | undefined;
    do {
      const page: AnswerOf<N> = await this.get(path, answer, { ...query, after });
      yield page;
      after = (page as { readonly next?: string }).next;
    } while (after !== undefined);
  }

  /** Gets an answer that is not JSON, such as a picture. */
  bytes(path: string): Promise<Buffer> {
    return this.#ask('GET', path, undefined, buffer);
  }

  /** Streams an answer of any length to a file; @returns the SHA-256 of the file. */
  async download(path: string, file: string): Promise<string> {
    using life = new Scope();
    const response = await this.#send('GET', path, undefined, life.signal).catch(
      (error: unknown) => {
        throw error instanceof OperatorError ? error : this.#explain(error);
      },
    );
    await throwRefusal(response);
    const hash = createHash('sha256');
    response.setTimeout(answerMs, () =>
      response.destroy(new Error('the daemon sent nothing more')),
    );
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
   * Yields the lines of an answer, each parsed as JSON. The daemon sends a line every few seconds; a
   * longer silence is an error. Leaving the loop closes the connection.
   */
  async *lines<N extends AnswerName>(
    path: string,
    answer: N,
    query: Query,
  ): AsyncGenerator<AnswerOf<N>, void> {
    using life = new Scope();
    try {
      const response = await within(answerMs, 'the answer', life.signal, () =>
        this.#send('GET', pathWith(path, query), undefined, life.signal),
      );
      await throwRefusal(response);
      const pieces = response.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>;
      for (let rest = ''; ; ) {
        const piece = await within(answerMs, 'the next line', life.signal, () => pieces.next());
        if (piece.done === true) return;
        const lines = (rest + piece.value).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) yield await checked(JSON.parse(line), answer, response);
      }
    } catch (error) {
      throw error instanceof OperatorError ? error : this.#explain(error);
    }
  }

  async #ask<T>(
    method: string,
    path: string,
    body: unknown,
    read: (response: IncomingMessage) => Promise<T>,
  ): Promise<T> {
    try {
      const response = await this.#send(method, path, JSON.stringify(body));
      await throwRefusal(response);
      return await read(response);
    } catch (error) {
      throw error instanceof OperatorError ? error : this.#explain(error);
    }
  }

  async #send(
    method: string,
    path: string,
    body: string | undefined,
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

async function throwRefusal(response: IncomingMessage): Promise<void> {
  if ((response.statusCode ?? 500) < 400) return;
  const answer: unknown = await json(response);
  const error =
    typeof answer === 'object' && answer !== null && 'error' in answer ? answer.error : undefined;
  throw new OperatorError(
    typeof error === 'string' ? error : 'The daemon refused without saying why.',
  );
}

const ignore = async (response: IncomingMessage): Promise<void> => {
  response.resume();
};

const readAs =
  <N extends AnswerName>(name: N) =>
  async (response: IncomingMessage): Promise<AnswerOf<N>> =>
    await checked(await json(response), name, response);

/**
 * Returns the answer as its contract type. Checks it only if the daemon has another version: a daemon
 * of our version has already checked it, and loading schemas takes as long as the rest of a command.
 *
 * @throws {OperatorError} a daemon of another version answered against our contract
 */
async function checked<N extends AnswerName>(
  answer: unknown,
  name: N,
  { headers }: IncomingMessage,
): Promise<AnswerOf<N>> {
  const ours = serverName(readVersion());
  if (headers['server'] !== ours) {
    const contract = await import('../contract/contract.ts');
    const { error } = contract[name].safeParse(answer);
    const [issue] = error?.issues ?? [];
    if (issue !== undefined) {
      throw new OperatorError(
        `The daemon (${String(headers['server'] ?? 'of unknown version')}) answered what this program (${ours}) does not understand: ${issue.path.join('.')}: ${issue.message}. Use the same version of both.`,
      );
    }
  }
  return answer as AnswerOf<N>;
}
