import { setTimeout as delay } from 'node:timers/promises';
import type { FloodGate } from '../lib/flood-gate.ts';
import { challenges, parseAuthorization, proves } from './authorization.ts';
import type { Answer, Request } from '../media/rtsp/message.ts';
import type { ViewerAccess, ViewerCredentials } from '../model/viewer.ts';
import { locate, type HostNames, type ViewedPlace } from './place.ts';
import { Throttle, type ThrottleOptions } from './throttle.ts';

export interface GatekeeperOptions {
  /** Goes into the credentials' hashes; of printable ASCII without quotes and backslashes. */
  readonly realm: string;
  readonly basicWithoutTls: boolean;
  findViewer(account: string, user: string): ViewerAccess | undefined;
  readonly gate: FloodGate;
  readonly throttle?: Partial<ThrottleOptions> | undefined;
}

/** What the gatekeeper must know of a connection. */
export interface Stranger extends HostNames {
  readonly address: string;
  readonly network: string;
  readonly secure: boolean;
  /** Of this connection alone, so that no proof is worth anything on another. */
  readonly nonce: string;
  readonly closed: AbortSignal;
}

export interface KnownViewer {
  readonly account: string;
  readonly viewer: ViewerAccess;
}

/** Stands in for the credentials of who doesn't exist, so that the same is done for all. */
const nobody: ViewerCredentials = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };

/**
 * Decides who is who. To one who doesn't know the password, an account, a camera and a viewer that
 * exist look like ones that don't.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #throttle: Throttle;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.throttle);
  }

  /** Who asks for what is at `place`, or what to answer. */
  async identify(
    request: Request,
    place: ViewedPlace,
    stranger: Stranger,
  ): Promise<KnownViewer | Answer> {
    const header = request.headers.get('authorization');
    const said = header === undefined ? undefined : parseAuthorization(header);
    if (said === undefined) return this.#challenge(stranger);
    if (said.scheme === 'basic' && !this.#takesBasic(stranger)) return this.#challenge(stranger);

    const { network, address } = stranger;
    const { account } = place;
    const waitMs = this.#throttle.waitMs(network, account, performance.now());
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stranger.closed });

    const { realm, gate } = this.#options;
    const viewer = this.#options.findViewer(account, said.user);
    const proven = proves(said, request.method, realm, viewer?.credentials ?? nobody);
    if (viewer === undefined || !proven || !isFor(said, place, stranger)) {
      this.#throttle.failed(network, account, performance.now());
      const message = 'a viewer was refused: wrong account, user or password';
      gate.warn(`refused ${network}`, message, { account, user: said.user.slice(0, 64), address });
      return this.#challenge(stranger);
    }
    // The player knows the password, and had the nonce of an earlier connection.
    if (said.scheme === 'digest' && said.nonce !== stranger.nonce) {
      return this.#challenge(stranger, true);
    }
    this.#throttle.passed(network, account, performance.now());
    return { account, viewer };
  }

  #takesBasic({ secure }: Stranger): boolean {
    return secure || this.#options.basicWithoutTls;
  }

  #challenge(stranger: Stranger, stale = false): Answer {
    const basic = this.#takesBasic(stranger);
    const headers = challenges(this.#options.realm, stranger.nonce, { stale, basic });
    return { status: 401, headers };
  }
}

/** Whether a proof is for what is asked for. Players prove it for the camera or any of its tracks. */
function isFor(
  said: NonNullable<ReturnType<typeof parseAuthorization>>,
  { account, camera }: ViewedPlace,
  names: HostNames,
): boolean {
  if (said.scheme === 'basic') return true;
  const proven = locate(said.uri, names);
  return proven?.account === account && proven.camera === camera;
}
