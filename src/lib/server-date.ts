import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/**
 * What time it is at an HTTP server, in milliseconds since 1970 UTC, to about a second; NaN if it doesn't say.
 *
 * @param isTrusted whether its certificate must be valid
 */
export async function serverDate(
  address: URL,
  signal: AbortSignal,
  isTrusted = true,
): Promise<number> {
  const startedAt = performance.now();
  const date = Date.parse(await dateHeader(address, signal, isTrusted));
  // The header has whole seconds: add half a second for the mean, and the way back.
  return date + 500 + (performance.now() - startedAt) / 2;
}

function dateHeader(address: URL, signal: AbortSignal, isTrusted: boolean): Promise<string> {
  const send = address.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const options = { method: 'HEAD', agent: false, signal, rejectUnauthorized: isTrusted };
    send(address, options, (response) => {
      response.resume();
      resolve(response.headers.date ?? '');
    })
      .on('error', reject)
      .end();
  });
}
