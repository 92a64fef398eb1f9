import * as z from 'zod';
import { ErrorAnswer } from '../contract/answer.ts';
import type { Endpoint } from './door.ts';

type Json = Readonly<Record<string, unknown>>;

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
};

const jsonOf = (schema: z.ZodType, io: 'input' | 'output' = 'output'): Json => ({
  'application/json': { schema: schemaOf(schema, io) },
});

const pathParameters = (path: string): Json[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    schema: { type: 'string' },
    required: true,
  }));

function queryParameters(schema: z.ZodType | undefined): Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Json;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, described]) => ({
    name,
    in: 'query',
    schema: described,
    required: required.includes(name),
  }));
}

const csrf = { name: 'x-csrf-token', in: 'header', required: true, schema: { type: 'string' } };

/** Statuses and their descriptions. Some come with what an endpoint takes and who may use it. */
function refusalsOf({ access, method, path, terms }: Endpoint): Json {
  const { query, body, also } = terms;
  const usual: [boolean, number, string][] = [
    [query !== undefined || body !== undefined, 400, 'What was asked makes no sense.'],
    [access !== 'everyone', 401, 'Nobody is logged in.'],
    [method !== 'GET', 403, 'It comes from another site, or x-csrf-token is wrong.'],
    [
      !['everyone', 'session'].includes(access) || path.includes('{'),
      404,
      'Not there, or not yours.',
    ],
    [body !== undefined, 413, 'It is too large.'],
    [body !== undefined, 415, 'It is no JSON.'],
  ];
  const applying = usual.filter(([applies]) => applies);
  const all = {
    ...Object.fromEntries(applying.map(([, status, text]) => [status, text])),
    ...also,
  };
  return Object.fromEntries(
    Object.entries(all).map(([status, description]) => [
      status,
      { description, content: Number(status) < 400 ? undefined : jsonOf(ErrorAnswer) },
    ]),
  );
}

function successOf({ answer, status, type, also }: Endpoint['terms']): Json {
  if (answer !== undefined) {
    const description = answer.description ?? 'Done.';
    return { [status ?? 200]: { description, content: jsonOf(answer) } };
  }
  if (type !== undefined) return { 200: { description: 'Done.', content: { [type]: {} } } };
  return also?.[101] === undefined ? { 204: { description: 'Done.' } } : {};
}

function operationOf(endpoint: Endpoint): Json {
  const { access, method, path, terms } = endpoint;
  const isOpen = access === 'everyone';
  return {
    summary: terms.summary,
    security: isOpen ? undefined : [{ cookie: [] }],
    parameters: [
      ...pathParameters(path),
      ...queryParameters(terms.query),
      ...(method === 'GET' || isOpen ? [] : [csrf]),
    ],
    requestBody: terms.body && { required: true, content: jsonOf(terms.body, 'input') },
    responses: { ...successOf(terms), ...refusalsOf(endpoint) },
  };
}

/** The API as OpenAPI 3.1 tells of it, from what its endpoints check. */
export function openApiOf(endpoints: readonly Endpoint[], version: string): Json {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of endpoints) {
    (paths[endpoint.path] ??= {})[endpoint.method.toLowerCase()] = operationOf(endpoint);
  }
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
