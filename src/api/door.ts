import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import type { Frozen } from '../contract/answer.ts';
import { HttpError } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';

/** The names in a path such as `/accounts/{account}/tokens/{id}`. */
export type PathParams<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Readonly<Record<Name, string>> & PathParams<Rest>
  : unknown;

type Nothing = typeof nothing;
const nothing = z.object({});

/** What an endpoint takes and answers: it is checked by this, and described by it in OpenAPI. */
export interface Terms<
  Q extends z.ZodType = z.ZodType,
  B extends z.ZodType = z.ZodType,
  A extends z.ZodType = z.ZodType,
> {
  readonly summary?: string;
  readonly query?: Q;
  readonly body?: B;
  /** JSON. An endpoint with neither `answer` nor `type` answers with 204. */
  readonly answer?: A;
  /** The status of the answer; 200 unless given. */
  readonly status?: 201;
  /** The media type of an answer that is not JSON. */
  readonly type?: string;
  /** Further answers, in words; from 400 on with an ErrorAnswer. */
  readonly also?: Readonly<Record<number, string>>;
}

export interface Asked<Who, Path extends string, Q extends z.ZodType, B extends z.ZodType> {
  readonly who: Who;
  readonly params: PathParams<Path>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** For the document. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it: `/api/cameras/{camera}`. */
  readonly path: string;
  readonly access: string;
  readonly terms: Terms;
}

export interface DoorOptions<Who> {
  readonly app: FastifyInstance;
  /** Takes note of each endpoint. */
  readonly endpoints: Endpoint[];
  /** Who may ask, for the document. */
  readonly access: string;
  /** @throws {HttpError} if whoever sent the request may not ask */
  readonly admit: (request: FastifyRequest) => Who;
  readonly log: Log;
}

type EndpointHandler<Who, Path extends string, Q extends z.ZodType, B extends z.ZodType, A> = (
  asked: Asked<Who, Path, Q, B>,
) => A | Promise<A>;

type Add<Who> = <
  const Path extends string,
  Q extends z.ZodType = Nothing,
  B extends z.ZodType = Nothing,
  A extends z.ZodType = z.ZodUnknown,
>(
  path: Path,
  terms: Terms<Q, B, A>,
  handle: EndpointHandler<Who, Path, Q, B, Frozen<z.input<A>>>,
) => void;

/** Endpoints for one kind of askers. What they ask, and what they are answered, is checked. */
export class Door<Who> {
  readonly #options: DoorOptions<Who>;
  /** Endpoints whose answer was found to break the contract. */
  readonly #broken = new Set<string>();

  constructor(options: DoorOptions<Who>) {
    this.#options = options;
  }

  readonly get: Add<Who> = (path, terms, handle) => this.#add('GET', path, terms, handle);
  readonly post: Add<Who> = (path, terms, handle) => this.#add('POST', path, terms, handle);
  readonly delete: Add<Who> = (path, terms, handle) => this.#add('DELETE', path, terms, handle);

  #add<Path extends string, Q extends z.ZodType, B extends z.ZodType, A extends z.ZodType>(
    method: Endpoint['method'],
    path: Path,
    terms: Terms<Q, B, A>,
    handle: EndpointHandler<Who, Path, Q, B, Frozen<z.input<A>>>,
  ): void {
    const { app, endpoints, access, admit } = this.#options;
    const { query, body, answer, type } = terms;
    endpoints.push({ method, path, access, terms });
    app.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply): Promise<unknown> => {
        const answered = await handle({
          who: admit(request),
          params: request.params as PathParams<Path>,
          query: parse<Q>(query, request.query),
          body: parse<B>(body, request.body ?? {}),
          request,
          reply,
        });
        if (answer !== undefined) {
          if (terms.status !== undefined) reply.code(terms.status);
          return this.#checked(answer, answered, `${method} ${path}`);
        }
        // A reply that was sent by the handler itself is undefined once it was awaited.
        if (type !== undefined)
          return answered === undefined ? reply : reply.type(type).send(answered);
        return reply.code(204).send();
      },
    });
  }

  /** Only what the schema promises. An answer that breaks the promise is better than none. */
  #checked(schema: z.ZodType, answered: unknown, endpoint: string): unknown {
    const parsed = schema.safeParse(answered);
    if (parsed.success) return parsed.data;
    const cause = sentencesOf(parsed.error);
    if (process.env['NODE_TEST_CONTEXT'] !== undefined) {
      throw new Error(`the answer of ${endpoint} breaks the contract: ${cause}`);
    }
    if (!this.#broken.has(endpoint)) {
      this.#broken.add(endpoint);
      this.#options.log.error('an answer breaks the contract; it was sent', { endpoint, cause });
    }
    return answered;
  }
}

function parse<T extends z.ZodType>(schema: T | undefined, value: unknown): z.output<T> {
  const parsed = (schema ?? nothing).safeParse(value);
  if (parsed.success) return parsed.data as z.output<T>;
  throw new HttpError(400, sentencesOf(parsed.error));
}

/** What is wrong, a sentence each: those of the contract that say what it is about, as they are. */
const sentencesOf = ({ issues }: z.ZodError): string =>
  `${issues
    .map(({ path, message }) =>
      path.length === 0 || /^(The|An?) /.test(message) ? message : `${path.join('.')}: ${message}`,
    )
    .join('. ')}.`;
