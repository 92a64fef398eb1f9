import { hostname } from 'node:os';
import type { Fleet } from '../camera/fleet.ts';
import type { Config } from '../config/config.ts';
import type { WatchedGateway } from '../control/watching.ts';
import type { Gateway, GatewayOptions } from '../gateway/gateway.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { viewerLimits } from './options.ts';

/** Goes into what is kept of viewers' passwords: all of them would be wrong with another. */
export const realm = 'cctv';

/** What the gateway asks of the ledger and of the connected cameras. */
export function gatewayOptions(
  given: NonNullable<Config['gateway']>,
  ledger: Pick<Ledger, 'cameras' | 'viewers'>,
  fleet: Fleet,
): Omit<GatewayOptions, 'log'> {
  const { listen, tls, domain, basicWithoutTls } = given;
  return {
    listen,
    listenTls: tls && { ...tls, ...tls.listen },
    domain,
    realm,
    basicWithoutTls,
    limits: viewerLimits(given),
    findViewer: ledger.viewers.find,
    relayPlace: (account, camera) => {
      const url = fleet.relayUrl({ account, camera });
      if (url !== undefined) return { url };
      return ledger.cameras.find({ account, camera }) === undefined ? undefined : 'offline';
    },
  };
}

/** The gateway as operators see it. */
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

/** Where viewers find what listens at `address`: if that is everywhere, this machine's name is the best guess. */
function fromOutside(address: Gateway['address']): Gateway['address'] {
  const everywhere = address !== undefined && ['0.0.0.0', '::'].includes(address.host);
  return everywhere ? { host: hostname(), port: address.port } : address;
}
