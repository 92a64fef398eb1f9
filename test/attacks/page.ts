import { request } from 'node:https';

export interface PageRequest {
  readonly port: number;
  readonly from: string;
  readonly method: string;
  readonly path: string;
  readonly cookie?: string;
  readonly csrf?: string;
  readonly body?: unknown;
  readonly withinMs?: number;
}

export interface PageAnswer {
  readonly status: number;
  readonly cookie: string;
  readonly text: string;
}

/** Asks the page, as a browser that opens a new connection. */
export function askPage(asked: PageRequest): Promise<PageAnswer> {
  const { port, from, method, path, cookie, csrf, body, withinMs = 15_000 } = asked;
  const { promise, resolve, reject } = Promise.withResolvers<PageAnswer>();
  const origin = `https://127.0.0.1:${port}`;
  const sent = request(
    origin + path,
    {
      method,
      agent: false,
      localAddress: from,
      rejectUnauthorized: false,
      signal: AbortSignal.timeout(withinMs),
      headers: {
        origin,
        ...(cookie === undefined ? {} : { cookie }),
        ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    },
    (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.once('close', () =>
        resolve({
          status: answer.statusCode ?? 0,
          cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
          text: Buffer.concat(chunks).toString('latin1'),
        }),
      );
    },
  );
  sent.once('error', reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
