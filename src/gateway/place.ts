import { isLabel } from '../model/camera-name.ts';

/** What a request's URL names. */
export interface ViewedPlace {
  readonly account: string;
  readonly camera: string;
  /** From 1; undefined for the camera as a whole. */
  readonly track: number | undefined;
  /** The camera's URL as the player wrote it, host in lower case, without user and last slash. */
  readonly url: string;
}

export interface HostNames {
  /** The domain whose subdomains are accounts; without one, accounts are named by the path only. */
  readonly domain: string | undefined;
  /** What the player asked for in TLS (SNI, RFC 6066 section 3). */
  readonly serverName: string | undefined;
}

/**
 * The last part is all of the path. Nothing in a name needs an escape, so there is none: `%` is no
 * part of a name, and there is only one way to write each.
 */
const urlForm =
  /^(rtsps?):\/\/(?:[^\s/?#@]*@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253}?)\.?(?::(\d{1,5}))?(?:\/([\x21-\x7e]*))?$/i;
const trackForm = /^track([1-8])$/;

/** The account that a host names; undefined if it is not of the domain's, null if none can be. */
function accountOf(host: string, domain: string | undefined): string | undefined | null {
  if (domain === undefined || !host.endsWith(`.${domain}`)) return undefined;
  const label = host.slice(0, -domain.length - 1);
  return isLabel(label) ? label : null;
}

/**
 * Reads `rtsp://ACCOUNT.domain/CAMERA[/trackN]` and `rtsp://HOST/ACCOUNT/CAMERA[/trackN]`.
 * RTSP has no Host header: the host in the URL is what name-based hosting goes by, and in its
 * absence (a player that was given an address) the name asked for in TLS.
 *
 * @returns undefined if it names no camera that could be
 */
export function locate(url: string, { domain, serverName }: HostNames): ViewedPlace | undefined {
  const [, scheme, host, port, path = ''] = urlForm.exec(url) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const name = host.toLowerCase();
  const byUrl = accountOf(name, domain);
  const byTls = accountOf((serverName ?? '').toLowerCase(), domain);
  if (byUrl === null || (byUrl !== undefined && (byTls ?? byUrl) !== byUrl)) return undefined;
  const byHost = byUrl ?? (name === domain ? undefined : byTls);

  const parts = path.replace(/\/$/, '').split('/');
  if (!parts.every(isLabel)) return undefined;
  const [account, camera, last, ...rest] = byHost ? [byHost, ...parts] : parts;
  const track = trackForm.exec(last ?? '')?.[1];
  if (account === undefined || camera === undefined || rest.length > 0) return undefined;
  if (last !== undefined && track === undefined) return undefined;
  const names = byHost ? camera : `${account}/${camera}`;
  return {
    account,
    camera,
    track: track === undefined ? undefined : Number(track),
    url: `${scheme.toLowerCase()}://${name}${port === undefined ? '' : `:${port}`}/${names}`,
  };
}

/** Where a camera's pictures are to be had; undefined: there is no such camera. */
export type RelayPlace = { readonly url: string } | 'offline' | undefined;
