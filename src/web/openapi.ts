import * as z from 'zod';
import type { Answer, AnyEndpoint, Api } from './api.ts';
import { problem } from '../contract/web.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const contentOf = ({ schema, type }: Answer): Json | undefined => {
  if (schema !== undefined) return { 'application/json': { schema: schemaOf(schema, 'output') } };
  return type === undefined ? undefined : { [type]: {} };
};

function parametersOf(where: 'path' | 'query', schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Json;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, described]) => ({
    name,
    in: where,
    schema: described,
    required: where === 'path' || required.includes(name),
  }));
}

/** Errors that come with what an endpoint takes and who may use it. */
function usualErrors({ access, method, params, query, body }: AnyEndpoint): [string, Answer][] {
  const errors: [boolean, number, string][] = [
    [query !== undefined || body !== undefined, 400, 'What was asked makes no sense.'],
    [access !== 'everyone', 401, 'Nobody is logged in.'],
    [method !== 'GET', 403, 'It comes from another site, or x-csrf-token is wrong.'],
    [
      access === 'viewer' || access === 'operator' || params !== undefined,
      404,
      'Not there, or not yours.',
    ],
    [body !== undefined, 413, 'It is too large.'],
    [body !== undefined, 415, 'It is no JSON.'],
  ];
  return errors
    .filter(([applies]) => applies)
    .map(([, status, description]) => [`${status}`, { description, schema: problem }]);
}

function operationOf(endpoint: AnyEndpoint): Json {
  const { summary, access, method, params, query, body } = endpoint;
  const answers: Readonly<Record<string, Answer>> = {
    ...Object.fromEntries(usualErrors(endpoint)),
    ...endpoint.answers,
  };
  return {
    summary,
    ...(access === 'everyone' ? {} : { security: [{ cookie: [] }] }),
    parameters: [
      ...parametersOf('path', params),
      ...parametersOf('query', query),
      ...(method === 'GET' || access === 'everyone'
        ? []
        : [{ name: 'x-csrf-token', in: 'header', required: true, schema: { type: 'string' } }]),
    ],
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: schemaOf(body, 'input') } },
          },
        }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => {
        const content = contentOf(answer);
        return [status, { description: answer.description, content }];
      }),
    ),
  };
}

/** The API as OpenAPI 3.1 tells of it, from what its routes check. */
export function openApiOf(endpoints: readonly AnyEndpoint[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
  paths['/api/cameras/{camera}/live'] = {
    get: {
      summary: 'A WebSocket with the pictures of now: fragmented MP4, a message for each.',
      security: [{ cookie: [] }],
      parameters: [{ name: 'camera', in: 'path', required: true, schema: { type: 'string' } }],
      responses: {
        101: { description: 'It begins.' },
        ...Object.fromEntries(
          [
            [401, 'Nobody is logged in.'],
            [403, 'It comes from another site.'],
            [404, 'Not there, or not yours.'],
            [426, 'It was asked for without a WebSocket.'],
            [503, 'Too many watch live.'],
          ].map(([status, text]) => [
            status,
            {
              description: text,
              content: { 'application/json': { schema: schemaOf(problem, 'output') } },
            },
          ]),
        ),
      },
    },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sapiengraph CCTV',
      version,
      description: 'Times are milliseconds since 1970 UTC, sizes bytes.',
    },
    paths,
    components: {
      securitySchemes: { cookie: { type: 'apiKey', in: 'cookie', name: '__Host-cctv' } },
    },
  };
}

/** Tells what there is to ask. After all other routes. */
export function addOpenApiRoute(api: Api, version: string): void {
  let document: Json | undefined;
  api.add({
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This document.',
    access: 'session',
    answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({}) } },
    handle: () => (document ??= openApiOf(api.endpoints, version)),
  });
}
