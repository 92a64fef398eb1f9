import type { RelayPlace } from '../../src/gateway/place.ts';
import { type Gateway, type GatewayOptions, startGateway } from '../../src/gateway/gateway.ts';
import { credentialsOf } from '../../src/gateway/password.ts';
import { type LogFields } from '../../src/lib/log.ts';
import { type Relay } from '../../src/relay/relay.ts';
import {
  type RtspCamera,
  type RtspCameraOptions,
  startRtspCamera,
} from '../stand-ins/rtsp-camera.ts';
import { KeptLog } from '../support/kept-log.ts';
import { Player, type PlayerOptions } from './player.ts';
import { relayOf } from '../support/relay.ts';

export const realm = 'cctv';
/** Needs escapes in a URL. */
export const password = 'pass word@1';

/** All user names have the same password; a guest may watch one camera only. */
const viewers: Readonly<Record<string, readonly string[] | undefined>> = {
  'bach bach': undefined,
  'bach guest': ['back'],
  'mozart mozart': undefined,
};

/** A gateway, with accounts `bach` and `mozart`. */
export class Rig implements AsyncDisposable {
  readonly relays: Map<string, RelayPlace>;
  readonly log: KeptLog;
  readonly gateway: Gateway;
  readonly #owned: AsyncDisposable[] = [];
  readonly #archivers: Player[] = [];
  /** Each look-up of a camera, by whom the gateway took for its viewer. */
  readonly lookups: string[];

  private constructor(
    gateway: Gateway,
    relays: Map<string, RelayPlace>,
    log: KeptLog,
    lookups: string[],
  ) {
    this.gateway = gateway;
    this.relays = relays;
    this.log = log;
    this.lookups = lookups;
  }

  static async start(options: Partial<GatewayOptions> = {}): Promise<Rig> {
    const relays = new Map<string, RelayPlace>();
    const log = new KeptLog();
    const lookups: string[] = [];
    const gateway = await startGateway({
      listen: { host: '127.0.0.1', port: 0 },
      domain: 'cctv.example',
      realm,
      findViewer: (account, user) => {
        if (!(`${account} ${user}` in viewers)) return undefined;
        const cameras = viewers[`${account} ${user}`];
        const credentials = credentialsOf(realm, user, password);
        return { name: user, credentials, cameras };
      },
      relayPlace: (account, camera) => {
        lookups.push(`${account}/${camera}`);
        return relays.get(`${account}/${camera}`);
      },
      log,
      ...options,
    });
    return new Rig(gateway, relays, log, lookups);
  }

  /** A camera, with a relay before it. */
  async addCamera(
    name: string,
    options: Partial<RtspCameraOptions> = {},
  ): Promise<{ camera: RtspCamera; relay: Relay }> {
    const camera = await startRtspCamera({ ...small, video: 'h264', ...options });
    this.#owned.unshift(camera);
    const relay = await this.addRelay(name, camera.url);
    return { camera, relay };
  }

  async addRelay(name: string, source: string): Promise<Relay> {
    const relay = await relayOf(source);
    this.#owned.unshift(relay);
    // As an archiver does: a relay whose last viewer leaves may never play again.
    const archiver = await Player.connect({ port: relay.port });
    this.#archivers.push(archiver);
    await archiver.watch(relay.url);
    this.relays.set(name, { url: relay.url });
    return relay;
  }

  get port(): number {
    return this.gateway.address?.port ?? 0;
  }

  get portTls(): number {
    return this.gateway.addressTls?.port ?? 0;
  }

  /** Of a camera, as a player that knows no name server gets it. */
  url(name: string): string {
    return `rtsp://127.0.0.1:${this.port}/${name}`;
  }

  player(options: Partial<PlayerOptions> = {}): Promise<Player> {
    const port = options.serverName === undefined ? this.port : this.portTls;
    return Player.connect({ port, ...options });
  }

  /** What was logged with this message. */
  logged(message: string): LogFields[] {
    return this.log.lines.filter((line) => line.message === message).map(({ fields }) => fields);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway[Symbol.asyncDispose]();
    for (const archiver of this.#archivers) archiver[Symbol.dispose]();
    for (const part of this.#owned) await part[Symbol.asyncDispose]();
  }
}

export const small = { width: 320, height: 192, bitsPerSecond: 150_000 } as const;
