import { hostname } from 'node:os';
import type { Fleet } from '../camera/fleet.ts';
import type { Config } from '../config/config.ts';
import type { WatchedGateway } from '../control/watching.ts';
import { type Gateway, startGateway } from '../gateway/gateway.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { formatAddress } from '../lib/addresses.ts';
import type { Log } from '../lib/log.ts';
import { viewerLimits } from './options.ts';

/** Part of the stored hashes of viewers' passwords: changing it would invalidate them all. */
export const realm = 'cctv';

/** Starts the public RTSP server, if the configuration has one. */
export async function serveViewers(
  { gateway: given }: Config,
  ledger: Pick<Ledger, 'cameras' | 'viewers'>,
  fleet: Fleet,
  log: Log,
): Promise<Gateway | undefined> {
  if (given === undefined) return undefined;
  const { listen, tls, domain, basicWithoutTls } = given;
  const gateway = await startGateway({
    listen,
    listenTls: tls && { ...tls, ...tls.listen },
    domain,
    realm,
    basicWithoutTls,
    limits: viewerLimits(given),
    findViewer: (account, user) => ledger.viewers.find(account, user),
    relayPlace: (account, camera) => {
      const url = fleet.relayUrl({ account, camera });
      if (url !== undefined) return { url };
      return ledger.cameras.find({ account, camera }) === undefined ? undefined : 'offline';
    },
    log,
  });
  const { address, addressTls } = gateway;
  log.info('serving viewers', {
    address: address && formatAddress(address),
    addressTls: addressTls && formatAddress(addressTls),
  });
  return gateway;
}

/** The gateway's interface for operators. */
export const watchedGateway = (
  config: Config,
  gateway: Gateway | undefined,
): WatchedGateway | undefined =>
  gateway && {
    place: {
      domain: config.gateway?.domain,
      rtsp: fromOutside(gateway.address),
      rtsps: fromOutside(gateway.addressTls),
    },
    viewers: () => gateway.viewers(),
    disconnect: (whom, reason) => gateway.disconnect(whom, reason),
  };

/** The address for viewers. If the gateway listens on all addresses, the host name is the best guess. */
function fromOutside(address: Gateway['address']): Gateway['address'] {
  const everywhere = address !== undefined && ['0.0.0.0', '::'].includes(address.host);
  return everywhere ? { host: hostname(), port: address.port } : address;
}
