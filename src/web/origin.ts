import type { FastifyRequest } from 'fastify';

/**
 * Whether a request comes from our own page, by its Origin (RFC 6454 section 7).
 *
 * @param publicUrl the address by which browsers reach us; the header Host unless given
 */
export function isOwnOrigin(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const origin = URL.parse(String(request.headers.origin));
  if (origin === null) return false;
  if (publicUrl !== undefined) return origin.origin === URL.parse(publicUrl)?.origin;
  return origin.host === request.headers.host && /^https?:$/.test(origin.protocol);
}

/** Browsers send one of both headers with unsafe requests. A client without them has no browser's cookies. */
export function comesFromElsewhere(
  request: FastifyRequest,
  publicUrl: string | undefined,
): boolean {
  if (request.headers.origin !== undefined) return !isOwnOrigin(request, publicUrl);
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
