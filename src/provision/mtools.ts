import { execa } from 'execa';
import { errorCode, OperatorError } from '../lib/errors.ts';

const packageOf: Readonly<Record<string, string>> = { 'mkfs.vfat': 'dosfstools' };

/**
 * Runs a program of mtools or dosfstools, and returns its output.
 *
 * @throws {OperatorError} the program is not installed; names the package
 */
export async function runFatTool(
  program: string,
  args: readonly string[],
  options: { readonly input?: Buffer; readonly signal?: AbortSignal } = {},
): Promise<Buffer> {
  try {
    const { stdout } = await execa(program, args, {
      input: options.input ?? Buffer.alloc(0),
      encoding: 'buffer',
      stripFinalNewline: false,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 600_000,
      // Detached, or the terminal's Ctrl-C would kill the program before `signal` aborts with a reason.
      detached: true,
      cancelSignal: options.signal,
      env: {
        PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`,
        // Ignore the operator's mtools settings, accept any geometry, and use UTF-8 names.
        MTOOLSRC: '/dev/null',
        MTOOLS_SKIP_CHECK: '1',
        LC_ALL: 'C.UTF-8',
      },
    });
    return Buffer.from(stdout);
  } catch (error) {
    options.signal?.throwIfAborted();
    if (errorCode(error) !== 'ENOENT' && !/ENOENT/.test(causeCode(error))) throw shortened(error);
    const name = packageOf[program] ?? 'mtools';
    throw new OperatorError(
      `${program} is not installed, and is needed for images and devices: install it with apt-get install ${name}. A mounted card, named by its directory, needs neither.`,
      { cause: error },
    );
  }
}

const causeCode = (error: unknown): string =>
  error instanceof Error ? (errorCode(error.cause) ?? '') : '';

/** An error with the program's standard error as its message, without the command line. */
function shortened(error: unknown): Error {
  const said =
    error instanceof Error && 'stderr' in error && error.stderr instanceof Uint8Array
      ? Buffer.from(error.stderr).toString('utf8').trim()
      : '';
  return new Error(said || (error instanceof Error ? error.message : String(error)), {
    cause: error,
  });
}
