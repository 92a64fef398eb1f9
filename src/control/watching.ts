import { urlHost } from '../lib/addresses.ts';
import type { Selection, ViewerStatus } from '../gateway/gateway.ts';
import type { Viewer, ViewerCredentials } from '../model/viewer.ts';

/** What the control socket needs to manage viewers. */
export interface WatchingParts {
  makePassword(): string;
  credentialsOf(user: string, password: string): ViewerCredentials;
  /** undefined: none is configured. */
  readonly gateway: WatchedGateway | undefined;
}

export interface WatchedGateway {
  /** Where it is to be found from outside. */
  readonly place: PublicPlace;
  viewers(): readonly ViewerStatus[];
  disconnect(whom: Selection, reason: string): void;
}

export interface PublicPlace {
  /** ACCOUNT.domain leads to it; if absent, accounts are named in the path. */
  readonly domain: string | undefined;
  /** undefined: not served. */
  readonly rtsp: HostAndPort | undefined;
  readonly rtsps: HostAndPort | undefined;
}

interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

// What the control socket answers, as JSON. Times are milliseconds since 1970 UTC, sizes bytes.

/** GET /viewers. `next`, if present, is the `after` of the following page. */
export interface ViewersAnswer {
  readonly viewers: readonly Viewer[];
  readonly next?: string;
}

/** POST /viewers, POST /viewers/ACCOUNT/NAME/password */
export interface LoginAnswer {
  readonly viewer: Viewer;
  /** If it was made here. It is told this once, and not kept. */
  readonly password?: string;
  /** With `CAMERA` for a camera's name; empty without a gateway. The best comes first. */
  readonly addresses: readonly string[];
}

/** GET /watchers */
export interface WatchersAnswer {
  /** Whether there is one. */
  readonly gateway: boolean;
  readonly watchers: readonly ViewerStatus[];
}

/** GET /addresses/ACCOUNT/NAME */
export interface AddressesAnswer {
  /** Empty without a gateway. The best comes first. */
  readonly addresses: readonly string[];
}

// As IANA assigned them.
const standardPorts = { rtsp: 554, rtsps: 322 } as const;

/** Where an account's camera can be watched: in TLS first, then in the clear. */
export function publicAddresses(place: PublicPlace, account: string, camera: string): string[] {
  const { domain } = place;
  return (['rtsps', 'rtsp'] as const).flatMap((scheme) => {
    const at = place[scheme];
    if (at === undefined) return [];
    const port = at.port === standardPorts[scheme] ? '' : `:${at.port}`;
    const host = urlHost(at.host);
    return domain === undefined
      ? `${scheme}://${host}${port}/${account}/${camera}`
      : `${scheme}://${account}.${domain}${port}/${camera}`;
  });
}
