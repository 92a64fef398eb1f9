import type { FastifyInstance } from 'fastify';

/** @param mediaOrigin where the bucket is, if browsers read it themselves */
export function addSecurityHeaders(
  app: FastifyInstance,
  {
    isSecure,
    mediaOrigin,
  }: { readonly isSecure: boolean; readonly mediaOrigin: string | undefined },
): void {
  const media = mediaOrigin === undefined ? '' : ` ${mediaOrigin}`;
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "font-src 'self'",
    "manifest-src 'self'",
    `connect-src 'self'${media}`,
    `media-src 'self' blob:${media}`,
    "worker-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
  app.addHook('onSend', async (request, reply) => {
    void reply.headers({
      'content-security-policy': policy,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
    });
    if (isSecure) void reply.header('strict-transport-security', 'max-age=31536000');
    if (request.url.startsWith('/api/') && !reply.hasHeader('cache-control')) {
      void reply.header('cache-control', 'no-store');
    }
  });
}
