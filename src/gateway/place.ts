import { isLabel } from '../model/camera-name.ts';

/** What the URL of a request names. */
export interface ViewedPlace {
  readonly account: string;
  readonly camera: string;
  /** Counted from 1; undefined for the whole camera. */
  readonly track: number | undefined;
  /** The camera's URL as the player wrote it, but host in lower case, and no user or last slash. */
  readonly url: string;
}

export interface HostNames {
  /** The domain whose subdomains are accounts; without it, only the path names accounts. */
  readonly domain: string | undefined;
  /** The host name that the player sent in TLS (SNI, RFC 6066 section 3). */
  readonly serverName: string | undefined;
}

/**
 * The last group is the whole path. Names need no escapes, so `%` is not decoded and never valid in
 * a name: each name can be written in only one way.
 */
const urlForm =
  /^(rtsps?):\/\/(?:[^\s/?#@]*@)?(\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253}?)\.?(?::(\d{1,5}))?(?:\/([\x21-\x7e]*))?$/i;
const trackForm = /^track([1-8])$/;

/** The account that a host names; undefined outside of the domain, null if the label is invalid. */
function accountOf(host: string, domain: string | undefined): string | undefined | null {
  if (domain === undefined || !host.endsWith(`.${domain}`)) return undefined;
  const label = host.slice(0, -domain.length - 1);
  return isLabel(label) ? label : null;
}

/**
 * Parses `rtsp://ACCOUNT.domain/CAMERA[/trackN]` and `rtsp://HOST/ACCOUNT/CAMERA[/trackN]`.
 * RTSP has no Host header, so the account comes from the host in the URL, or, if the URL has an IP
 * address, from the host name sent in TLS.
 *
 * @returns undefined if the URL can't name a camera
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

/** Where to get a camera's stream; undefined if there is no such camera. */
export type RelayPlace = { readonly url: string } | 'offline' | undefined;
