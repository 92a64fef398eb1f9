import type { FastifyInstance } from 'fastify';
import type { Health } from './health.ts';
import type { Verdict } from '../contract/status.ts';
import type { Metrics } from './metrics.ts';

/** What monitoring from outside asks for. */
export interface HealthParts {
  readonly health: Pick<Health, 'health' | 'readiness'>;
  readonly metrics: Pick<Metrics, 'contentType' | 'read'>;
}

/** /metrics for Prometheus; /healthz and /readyz: 200 or 503, with what is wrong as JSON. */
export function addHealthRoutes(app: FastifyInstance, { health, metrics }: HealthParts): void {
  app.get('/metrics', async (_request, reply) => {
    const text = await metrics.read();
    return await reply.type(metrics.contentType).send(text);
  });
  const judges = { '/healthz': () => health.health(), '/readyz': () => health.readiness() };
  for (const [path, judge] of Object.entries(judges)) {
    app.get(path, (_request, reply): Verdict => {
      const verdict = judge();
      reply.code(verdict.ok ? 200 : 503);
      return verdict;
    });
  }
}
