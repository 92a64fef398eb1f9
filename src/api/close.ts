import type { FastifyInstance } from 'fastify';

/** How long requests that are being answered may take when the daemon stops. */
const finishMs = 1_000;

export async function closeSoon(app: FastifyInstance): Promise<void> {
  const impatience = setTimeout(() => app.server.closeAllConnections(), finishMs);
  try {
    await app.close();
  } finally {
    clearTimeout(impatience);
  }
}
