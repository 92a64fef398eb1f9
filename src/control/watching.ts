import type { ViewerStatus } from '../contract/viewers.ts';
import type { Selection } from '../gateway/gateway.ts';
import { urlHost } from '../lib/addresses.ts';

/** The gateway, as far as operators see it and change it. */
export interface WatchedGateway {
  /** Where it is reached from outside. */
  readonly place: PublicPlace;
  viewers(): readonly ViewerStatus[];
  disconnect(whom: Selection, reason: string): void;
}

export interface PublicPlace {
  /** ACCOUNT.domain leads to it; if absent, accounts are named in the path. */
  readonly domain: string | undefined;
  /** undefined: not served. */
  readonly rtsp: { readonly host: string; readonly port: number } | undefined;
  readonly rtsps: { readonly host: string; readonly port: number } | undefined;
}

// As IANA assigned them.
const standardPorts = { rtsp: 554, rtsps: 322 } as const;

/**
 * Where an account's camera can be watched: with TLS first, then without.
 *
 * @param place undefined: nowhere, there is no gateway
 */
export function publicAddresses(
  place: PublicPlace | undefined,
  account: string,
  camera: string,
): string[] {
  return (['rtsps', 'rtsp'] as const).flatMap((scheme) => {
    const at = place?.[scheme];
    if (at === undefined) return [];
    const port = at.port === standardPorts[scheme] ? '' : `:${at.port}`;
    return place?.domain === undefined
      ? `${scheme}://${urlHost(at.host)}${port}/${account}/${camera}`
      : `${scheme}://${account}.${place.domain}${port}/${camera}`;
  });
}
