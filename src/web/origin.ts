import type { FastifyRequest } from 'fastify';

/**
 * Whether a request comes from our own page, by its Origin (RFC 6454 section 7).
 *
 * @param publicUrl what browsers reach us by; else it is what they say in Host
 */
export function isOwnOrigin(request: FastifyRequest, publicUrl: string | undefined): boolean {
  const origin = URL.parse(String(request.headers.origin));
  if (origin === null) return false;
  if (publicUrl !== undefined) return origin.origin === URL.parse(publicUrl)?.origin;
  return origin.host === request.headers.host && /^https?:$/.test(origin.protocol);
}

/** Browsers tell with each unsafe request; who tells nothing is no browser, and has no cookies of one. */
export function comesFromElsewhere(
  request: FastifyRequest,
  publicUrl: string | undefined,
): boolean {
  if (request.headers.origin !== undefined) return !isOwnOrigin(request, publicUrl);
  const site = request.headers['sec-fetch-site'];
  return site !== undefined && site !== 'same-origin' && site !== 'none';
}
