import { setTimeout as delay } from 'node:timers/promises';
import type { FloodGate } from '../lib/flood-gate.ts';
import { challenges, parseAuthorization, proves } from './authorization.ts';
import type { Answer, Request } from '../media/rtsp/message.ts';
import type { ViewerAccess, ViewerCredentials } from '../model/viewer.ts';
import { locate, type HostNames, type ViewedPlace } from './place.ts';
import { Throttle, type ThrottleOptions } from './throttle.ts';

export interface GatekeeperOptions {
  /** Part of the credentials' hashes; printable ASCII without quotes and backslashes. */
  readonly realm: string;
  readonly basicWithoutTls: boolean;
  findViewer(account: string, user: string): ViewerAccess | undefined;
  readonly gate: FloodGate;
  readonly throttle?: Partial<ThrottleOptions> | undefined;
}

/** What the gatekeeper must know about a connection. */
export interface Stranger extends HostNames {
  readonly address: string;
  readonly network: string;
  readonly secure: boolean;
  /** Unique to this connection, so that a proof can't be replayed on another. */
  readonly nonce: string;
  readonly closed: AbortSignal;
}

export interface KnownViewer {
  readonly account: string;
  readonly viewer: ViewerAccess;
}

/** Replaces the credentials of unknown users, so that checking them takes as long as for others. */
const nobody: ViewerCredentials = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };

/**
 * Identifies viewers. Without the password, nobody can find out whether an account, a camera or a
 * viewer exists.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #throttle: Throttle;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#throttle = new Throttle(options.throttle);
  }

  /** @returns who sends the request for `place`, or the answer if that is not proven */
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
    // The player knows the password, but used the nonce of an earlier connection.
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

/** Whether a proof covers the camera. Its URL may be the camera's or one of its tracks'. */
function isFor(
  said: NonNullable<ReturnType<typeof parseAuthorization>>,
  { account, camera }: ViewedPlace,
  names: HostNames,
): boolean {
  if (said.scheme === 'basic') return true;
  const proven = locate(said.uri, names);
  return proven?.account === account && proven.camera === camera;
}
