import type { FastifyInstance } from 'fastify';
import type { Health, Verdict } from './health.ts';

/** /healthz and /readyz: 200 or 503, with what is wrong as JSON. */
export function addHealthRoutes(
  app: FastifyInstance,
  { health, readiness }: Pick<Health, 'health' | 'readiness'>,
): void {
  for (const [path, judge] of [
    ['/healthz', health],
    ['/readyz', readiness],
  ] as const) {
    app.get(path, (_request, reply): Verdict => {
      const verdict = judge();
      reply.code(verdict.ok ? 200 : 503);
      return verdict;
    });
  }
}
