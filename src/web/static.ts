import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorCode } from '../lib/errors.ts';
import { notThere } from '../lib/http-error.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.ts': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

const here = import.meta.dirname;
/** Compiled modules lie beside us; what the compiler doesn't copy lies in the sources. */
const roots = [join(here, '../page'), join(here, '../../../src/console/page')];

const modulePath = (name: string): string => fileURLToPath(import.meta.resolve(name));
const vendor: Readonly<Record<string, () => string>> = {
  'htm-preact.js': () => modulePath('htm/preact/standalone'),
  'hls.js': () => modulePath('hls.js').replace(/[^/]*$/, 'hls.mjs'),
  'hls.worker.js': () => modulePath('hls.js').replace(/[^/]*$/, 'hls.worker.js'),
};

interface Asset {
  readonly stamp: string;
  readonly body: Buffer;
  readonly etag: string;
}

/** Read once, and again when the file has changed. There are as many as there are files. */
const assets = new Map<string, Asset>();

async function load(path: string): Promise<Asset | undefined> {
  try {
    const { mtimeMs, size } = await stat(path);
    const stamp = `${mtimeMs} ${size}`;
    const known = assets.get(path);
    if (known?.stamp === stamp) return known;
    const source = await readFile(path);
    // The page is the same TypeScript as all else; browsers get it without its types.
    const body =
      extname(path) === '.ts' ? Buffer.from(stripTypeScriptTypes(String(source))) : source;
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    const asset = { stamp, body, etag };
    assets.set(path, asset);
    return asset;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

const partForm = /^[a-z0-9][a-z0-9.-]*$/i;

async function findPage(path: string): Promise<Asset | undefined> {
  const parts = path.split('/');
  if (!parts.every((part) => partForm.test(part)) || types[extname(path)] === undefined) return;
  if (path.endsWith('.d.ts')) return undefined;
  for (const root of roots) {
    const found =
      (await load(join(root, path))) ??
      (path.endsWith('.js') ? await load(join(root, `${path.slice(0, -3)}.ts`)) : undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function send(request: FastifyRequest, reply: FastifyReply, name: string, asset?: Asset): unknown {
  if (asset === undefined) throw notThere();
  // Asked for again each time, and answered with 304: an update of the daemon is seen at once.
  void reply.header('etag', asset.etag).header('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === asset.etag) return reply.code(304).send();
  return reply.type(types[extname(name)] ?? 'application/octet-stream').send(asset.body);
}

/** The page: `/`, its parts below `/page/`, and below `/vendor/` the libraries that it uses. */
export function addStaticRoutes(app: FastifyInstance): void {
  app.get('/', async (request, reply) =>
    send(request, reply, 'index.html', await findPage('index.html')),
  );
  app.get<{ Params: { '*': string } }>('/page/*', async (request, reply) => {
    const path = request.params['*'];
    return send(request, reply, path, await findPage(path));
  });
  app.get<{ Params: { name: string } }>('/vendor/:name', async (request, reply) => {
    const { name } = request.params;
    const file = Object.hasOwn(vendor, name) ? vendor[name]?.() : undefined;
    return send(request, reply, name, file === undefined ? undefined : await load(file));
  });
}
