import { execa } from 'execa';
import { errorCode } from './errors.ts';
import { LineSplitter } from './lines.ts';
import { aborted } from './until.ts';

/** A program ended without being stopped. The message says how, with its last lines of standard error. */
export class ChildDiedError extends Error {
  override name = 'ChildDiedError';
}

export interface ChildOptions {
  /** The program's role, for messages: "relay", "archiver". */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Added to a minimal environment (PATH, HOME, LANG, TZ=UTC): the daemon's own has secrets. */
  readonly env?: Readonly<Record<string, string>>;
  readonly onStdoutLine?: (line: string) => void;
  /** Replaces `onStdoutLine` for output that is not text. */
  readonly onStdoutBytes?: (chunk: Buffer) => void;
  readonly onStderrLine?: (line: string) => void;
  /** Whether a line of standard error may explain the program's end; default: every line. */
  readonly isLastWord?: (line: string) => boolean;
  /** Called for each chunk of standard error, to detect a flood of output. */
  readonly onStderrBytes?: (bytes: number) => void;
  /** Time from the stop signal to SIGKILL; default: 5 s. */
  readonly graceMs?: number;
  /** Repeats the stop signal after this time, for programs that act on the first one only between two reads. */
  readonly askAgainAfterMs?: number;
  /** Memory limit: the program fails before the machine runs out of memory. */
  readonly memoryBytes?: number;
}

const lastWordsKept = 5;

function spawn(options: ChildOptions) {
  const limit =
    options.memoryBytes === undefined ? [] : ['prlimit', `--data=${options.memoryBytes}`, '--'];
  const command = [...limit, options.file, ...options.args];
  return execa('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
    reject: false,
    buffer: false,
    stdin: 'ignore',
    // A process group of its own, so that signals reach the program's children, too.
    detached: true,
    extendEnv: false,
    cwd: options.cwd ?? process.cwd(),
    env: {
      PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin',
      HOME: process.env['HOME'] ?? '/',
      LANG: 'C.UTF-8',
      TZ: 'UTC',
      ...options.env,
    },
  });
}

interface Exit {
  readonly code?: number;
  readonly signal?: string;
  /** Why the program never started. */
  readonly failure?: string;
}

/**
 * A running program with its children. It never outlives the block that started it; if our own process
 * is killed, the kernel sends the program SIGTERM (`setpriv --pdeathsig`).
 */
export class Child implements AsyncDisposable {
  readonly #options: ChildOptions;
  readonly #process: ReturnType<typeof spawn>;
  readonly #exit: Promise<Exit>;
  readonly #lastWords: string[] = [];
  #stopping = false;

  constructor(options: ChildOptions) {
    this.#options = options;
    this.#process = spawn(options);
    this.#exit = this.#watchExit();
    const { onStdoutBytes } = options;
    if (onStdoutBytes === undefined) this.#read(this.#process.stdout, options.onStdoutLine);
    else this.#process.stdout.on('data', onStdoutBytes).on('error', () => {});
    this.#read(
      this.#process.stderr,
      (line) => {
        if (options.isLastWord?.(line) ?? true) this.#lastWords.push(line);
        if (this.#lastWords.length > lastWordsKept) this.#lastWords.shift();
        options.onStderrLine?.(line);
      },
      options.onStderrBytes,
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /**
   * Resolves when `signal` aborts; rejects with {@link ChildDiedError} if the program ends first, even
   * with code 0: for programs that are meant to run until they are stopped.
   */
  async ended(signal: AbortSignal): Promise<void> {
    await Promise.race([aborted(signal), this.#exit]);
    if (signal.aborted || this.#stopping) return;
    throw new ChildDiedError(this.#obituary(await this.#exit));
  }

  /** For programs that end by themselves: resolves at exit code 0, or rejects with {@link ChildDiedError}. */
  async finished(): Promise<void> {
    const exit = await this.#exit;
    if (exit.code !== 0) throw new ChildDiedError(this.#obituary(exit));
  }

  /** Resolves when the program has ended in any way and its output has been read. */
  async gone(): Promise<void> {
    await this.#exit;
  }

  /** Sends the signal, kills the program after the grace time, and resolves when it has ended. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#stopping = true;
    this.#signalGroup(signal);
    // A stopped (SIGSTOP) program would see its SIGTERM only after a SIGCONT.
    this.#signalGroup('SIGCONT');
    const { askAgainAfterMs, graceMs = 5_000 } = this.#options;
    const kill = setTimeout(() => this.#signalGroup('SIGKILL'), graceMs);
    const again = setTimeout(() => this.#signalGroup(signal), askAgainAfterMs ?? graceMs);
    await this.#exit;
    clearTimeout(kill);
    clearTimeout(again);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #watchExit(): Promise<Exit> {
    const child = this.#process;
    const result = child.then(({ originalMessage }) => ({ failure: originalMessage }));
    const exit = await Promise.race([
      new Promise<Exit>((resolve) => {
        child.nodeChildProcess.once('exit', (code, signal) =>
          resolve(signal === null ? { code: code ?? 0 } : { signal }),
        );
      }),
      result.then(({ failure }) =>
        child.pid === undefined ? { failure: failure ?? '' } : never(),
      ),
    ]);
    // Children that the program left behind keep its pipes open, and nobody else would stop them.
    this.#signalGroup('SIGKILL');
    const cut = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, 500);
    await result;
    clearTimeout(cut);
    return exit;
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      // ESRCH: the group is empty.
      if (errorCode(error) !== 'ESRCH') throw error;
    }
  }

  #obituary({ code, signal, failure }: Exit): string {
    const how =
      failure !== undefined
        ? `could not be started (${failure})`
        : signal !== undefined
          ? `was killed by ${signal}`
          : `exited with code ${code}`;
    const words =
      this.#lastWords.length === 0 ? '' : `; last words: ${this.#lastWords.join(' | ')}`;
    return `${this.#options.name} ${how}${words}`;
  }

  #read(
    stream: NodeJS.ReadableStream | null,
    onLine?: (line: string) => void,
    onBytes?: (bytes: number) => void,
  ): void {
    if (stream === null) return;
    const splitter = new LineSplitter((line) => onLine?.(line));
    stream.on('data', (chunk: Buffer) => {
      onBytes?.(chunk.length);
      splitter.push(chunk);
    });
    stream.on('end', () => splitter.end());
    // A broken pipe means that the program ended, which ended() reports.
    stream.on('error', () => {});
  }
}

const never = (): Promise<never> => new Promise(() => {});
