import { OperatorError } from '../lib/errors.ts';
import { withoutPasswords } from '../lib/redactor.ts';
import { quoted } from '../lib/words.ts';

/** A camera's stream, as a relay reaches it. */
export interface RelaySource {
  /** rtsp://127.0.0.1:port/path */
  readonly source: string;
  /** Whether what listens there proves a password to the camera; no unless given. */
  readonly hasCredentials?: boolean;
}

/** The camera is connected, but its RTSP server gives no stream at the moment. */
export class NoStreamError extends Error {
  override name = 'NoStreamError';
}

/** The camera's RTSP server will give no stream until the operator fixes something. */
export class StreamRefusedError extends OperatorError {
  override name = 'StreamRefusedError';
}

/** A relay's log line without passwords, and without digests from which one could be guessed. */
export const presentable = (line: string): string =>
  withoutPasswords(line)
    .replaceAll(/Authorization:[^|]*/gi, 'Authorization: *** ')
    .replaceAll(/[^\x20-\x7e]+/g, ' ');

/**
 * Reads the log of `live555ProxyServer -V` to explain to the operator why there is no stream.
 */
export class Diagnosis {
  readonly #path: string;
  readonly #hasCredentials: boolean;
  #connections = 0;
  #connectFailure: string | undefined;
  #answer: { readonly status: number; readonly line: string } | undefined;
  #redirected = false;
  /** Status with which the camera refused the latest DESCRIBE. */
  #turnedDown: number | undefined;

  constructor({ source, hasCredentials = false }: RelaySource) {
    const { pathname, search } = new URL(source);
    this.#path = pathname + search;
    this.#hasCredentials = hasCredentials;
  }

  line(line: string): void {
    const failure = /^\.\.\.Connection to server failed: (.*)/.exec(line)?.[1];
    const status = /^RTSP\/1\.\d (\d{3})\b/.exec(line)?.[1];
    if (failure !== undefined) {
      this.#connectFailure = failure;
    } else if (line.startsWith('...remote connection opened')) {
      this.#connections += 1;
      this.#connectFailure = undefined;
    } else if (status !== undefined) {
      this.#redirected ||= status.startsWith('3');
      this.#answer = { status: Number(status), line: quoted(withoutPasswords(line)) };
    } else if (/RTSP "DESCRIBE" command failed/.test(line)) {
      this.#turnedDown = this.#answer?.status;
    }
  }

  /** What the operator must do, if the camera refused and will refuse again; else undefined. */
  get refusal(): StreamRefusedError | undefined {
    if (this.#redirected) {
      return new StreamRefusedError(
        `the camera's RTSP server redirects to another address, which is not followed`,
      );
    }
    const status = this.#turnedDown;
    const answer = `it answers ${this.#answer?.line}`;
    if (status === 401 || status === 403) {
      return new StreamRefusedError(
        this.#hasCredentials
          ? `the camera's RTSP server does not accept the user name and password given for it: ${answer}`
          : `the camera's RTSP server asks for a user name and password: give them with the camera (${answer})`,
      );
    }
    if (status === 404) {
      return new StreamRefusedError(
        `the camera's RTSP server has no stream at ${this.#path}: give the camera its right RTSP path (${answer})`,
      );
    }
    return undefined;
  }

  /** Why no stream came within `waitedMs`, as far as is known. */
  noStream(waitedMs: number): Error {
    return this.refusal ?? new NoStreamError(this.#reason(`${waitedMs / 1000} s`));
  }

  #reason(time: string): string {
    const server = "the camera's RTSP server";
    if (this.#connectFailure !== undefined) {
      return /refused/i.test(this.#connectFailure)
        ? `${server} refuses the connection: it does not seem to run`
        : `${server} cannot be reached: ${presentable(this.#connectFailure)}`;
    }
    if (this.#answer !== undefined) {
      return this.#answer.status === 200
        ? `${server} describes no stream that can be relayed, within ${time}`
        : `${server} answers ${this.#answer.line}`;
    }
    if (this.#connections > 1) {
      return `${server} hangs up without an answer: it does not seem to run, or is no RTSP server`;
    }
    return this.#connections === 1
      ? `${server} takes the connection and says nothing for ${time}`
      : `${server} cannot be reached within ${time}`;
  }
}
