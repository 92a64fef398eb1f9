import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import * as z from 'zod';
import { HttpError, notThere } from '../lib/http-error.ts';
import { comesFromElsewhere } from './origin.ts';
import type { Session, Sessions } from './sessions.ts';

/** Who may ask, and as whom the handler then knows them. */
export interface Askers {
  readonly everyone: undefined;
  readonly session: Session;
  readonly viewer: Extract<Session, { role: 'viewer' }>;
  readonly operator: Extract<Session, { role: 'operator' }>;
}

export interface Answer {
  readonly description: string;
  /** Of JSON. */
  readonly schema?: z.ZodType;
  /** Of anything else: its media type. */
  readonly type?: string;
}

export interface Asked<A extends keyof Askers, P, Q, B> {
  readonly session: Askers[A];
  readonly params: z.output<P>;
  readonly query: z.output<Q>;
  readonly body: z.output<B>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface Endpoint<A extends keyof Askers, P, Q, B> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** As OpenAPI writes it: `/api/cameras/{camera}`. */
  readonly path: string;
  readonly summary: string;
  readonly access: A;
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  /** By status. Errors that every route has are added. */
  readonly answers: Readonly<Record<number, Answer>>;
  handle(asked: Asked<A, P, Q, B>): unknown;
}

/** One endpoint of whatever kind, for the document. */
export type AnyEndpoint = Omit<Endpoint<keyof Askers, z.ZodType, z.ZodType, z.ZodType>, 'handle'>;

const nothing = z.object({});

export interface ApiOptions {
  readonly sessions: Sessions;
  readonly publicUrl: string | undefined;
}

/** The routes below /api. What is asked is checked before a handler sees it. */
export class Api {
  /** As the document tells of them. */
  readonly endpoints: AnyEndpoint[] = [];
  readonly #app: FastifyInstance;
  readonly #options: ApiOptions;

  constructor(app: FastifyInstance, options: ApiOptions) {
    this.#app = app;
    this.#options = options;
  }

  add<
    A extends keyof Askers,
    P extends z.ZodType = typeof nothing,
    Q extends z.ZodType = typeof nothing,
    B extends z.ZodType = typeof nothing,
  >(endpoint: Endpoint<A, P, Q, B>): void {
    this.endpoints.push(endpoint);
    const { method, path, access, params, query, body } = endpoint;
    this.#app.route({
      method,
      url: path.replaceAll(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply): Promise<unknown> => {
        const { sessions, publicUrl } = this.#options;
        if (method !== 'GET' && comesFromElsewhere(request, publicUrl)) {
          throw new HttpError(403, 'This request comes from another site.');
        }
        const session = access === 'everyone' ? undefined : sessions.require(request);
        if (access !== 'everyone' && access !== 'session' && session?.role !== access) {
          throw notThere();
        }
        return endpoint.handle({
          // Just compared.
          session: session as Askers[A],
          params: parse<P>(params ?? nothing, request.params, 404),
          query: parse<Q>(query ?? nothing, request.query, 400),
          body: parse<B>(body ?? nothing, request.body ?? {}, 400),
          request,
          reply,
        });
      },
    });
  }
}

function parse<T>(schema: z.ZodType, value: unknown, status: 400 | 404): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data as z.output<T>;
  if (status === 404) throw notThere();
  const problems = parsed.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  );
  throw new HttpError(400, `${problems.join('. ')}.`);
}
