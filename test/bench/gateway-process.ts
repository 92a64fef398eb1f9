import { startGateway } from '../../src/gateway/gateway.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { silentLog } from '../../src/lib/log.ts';
import { answer } from './answering-process.ts';

export interface GatewayQuestion {
  readonly password: string;
  /** URLs of relays by account/camera. */
  readonly relays: Readonly<Record<string, string>>;
}

export interface GatewayAnswer {
  readonly port: number;
}

const realm = 'cctv';

answer<GatewayQuestion>(async ({ password, relays }): Promise<GatewayAnswer> => {
  const gateway = await startGateway({
    listen: { host: '127.0.0.1', port: 0 },
    realm,
    // All viewers have one address here.
    limits: { viewersPerAddress: 500, strangersPerAddress: 500 },
    findViewer: (_account, name) => ({ name, credentials: credentialsOf(realm, name, password) }),
    relayPlace: (account, camera) => {
      const url = relays[`${account}/${camera}`];
      return url === undefined ? undefined : { url };
    },
    log: silentLog,
  });
  return { port: gateway.address?.port ?? 0 };
});
