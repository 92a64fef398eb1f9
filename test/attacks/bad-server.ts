import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface BadPorts {
  readonly http: number;
  readonly smtp: number;
  readonly control: number;
}

/** A store or a carrier that does as {@link misbehave} tells it, in a process of its own. */
export class BadServer implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ports: BadPorts;

  private constructor(child: ChildProcess, ports: BadPorts) {
    this.#child = child;
    this.ports = ports;
  }

  /** @param endpoint of the real server, to which it passes all on while it is not told otherwise */
  static async start(endpoint = ''): Promise<BadServer> {
    const child = fork(join(import.meta.dirname, 'bad-server-process.ts'), [endpoint]);
    const [ports] = await once(child, 'message', { signal: AbortSignal.timeout(30_000) });
    return new BadServer(child, ports as BadPorts);
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.ports.http}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}
