import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { HttpError } from '../lib/http-error.ts';
import type { Log } from '../lib/log.ts';

/** Where `npm run build` puts the page: beside this module's folder once that is compiled, too. */
const directory = join(
  import.meta.dirname,
  extname(import.meta.filename) === '.ts' ? '../../dist/page' : '../page',
);

/** Serves the page: `/`, and below `/assets/` its files, which have a hash of their content in their names. */
export function addStaticRoutes(app: FastifyInstance, log: Log): void {
  const isBuilt = (): boolean => existsSync(join(directory, 'index.html'));
  if (!isBuilt()) log.error('the page is missing: run npm run build', { directory });
  void app.register(fastifyStatic, {
    root: join(directory, 'assets'),
    prefix: '/assets/',
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: '1y',
  });
  // Asked for again each time, and usually answered with 304: an upgrade of the daemon is seen at once.
  app.get('/', (_request, reply) => {
    if (!isBuilt()) throw new HttpError(503, 'The page was not built: run npm run build.');
    void reply.header('cache-control', 'no-cache');
    return reply.sendFile('index.html', directory, { cacheControl: false });
  });
}
