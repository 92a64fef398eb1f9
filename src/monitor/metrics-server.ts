import type { AddressInfo } from 'node:net';
import { fastify } from 'fastify';
import { formatAddress } from '../lib/addresses.ts';
import { describeError, errorCode, OperatorError } from '../lib/errors.ts';
import { isOwnHost } from '../lib/host-header.ts';
import type { Log } from '../lib/log.ts';
import { addHealthRoutes, type HealthParts } from './health-routes.ts';

const requestMs = 10_000;
const maxConnections = 50;

export interface MetricsServerOptions extends HealthParts {
  /** Port 0: any that is free. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly log: Log;
}

export interface MetricsServer extends AsyncDisposable {
  readonly address: { readonly host: string; readonly port: number };
}

/**
 * An HTTP server for /metrics, /healthz and /readyz, and nothing else.
 *
 * @throws {OperatorError} if it can't listen
 */
export async function startMetricsServer({
  listen,
  log,
  ...parts
}: MetricsServerOptions): Promise<MetricsServer> {
  const app = fastify({
    requestTimeout: requestMs,
    keepAliveTimeout: requestMs,
    forceCloseConnections: true,
  });
  app.server.maxConnections = maxConnections;
  app.setErrorHandler((error, request, reply) => {
    log.error('metrics could not be read', { path: request.url, cause: describeError(error) });
    return reply.code(500).send({ error: 'The daemon could not answer. Its log says why.' });
  });
  const { host, port } = listen;
  app.addHook('onRequest', async (request, reply) => {
    // Who listens for other machines has opened it to them.
    if (!/^(127\.|::1$|localhost$)/.test(host) || isOwnHost(request.headers.host)) return;
    await reply.code(421).send({ error: 'This name is not known here.' });
  });
  addHealthRoutes(app, parts);
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const why =
      errorCode(error) === 'EADDRINUSE'
        ? 'another program listens there already'
        : describeError(error);
    throw new OperatorError(
      `metrics.listen: can't listen at ${host} port ${port}: ${why}. Give it another address or port.`,
      { cause: error },
    );
  }
  const bound = app.server.address() as AddressInfo;
  const address = { host: bound.address, port: bound.port };
  log.info('serving metrics', { address: formatAddress(address) });
  return {
    address,
    [Symbol.asyncDispose]: () => app.close(),
  };
}
