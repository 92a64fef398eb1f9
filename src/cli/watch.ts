import { setTimeout as delay } from 'node:timers/promises';
import { describeError, OperatorError } from '../lib/errors.ts';
import { print, printJson } from './context.ts';
import { harmless, harmlessJson } from './plain.ts';
import { fit, wrap } from './table.ts';
import { formatSecond } from './units.ts';

const everyMs = 1_000;
const home = '\x1b[H';
const clear = '\x1b[2J';
const clearRestOfLine = '\x1b[K';
const clearBelow = '\x1b[J';
const hideCursor = '\x1b[?25l';
const showCursor = '\x1b[?25h';

/**
 * Redraws `frame` each second until Ctrl-C: in place on a terminal, appended elsewhere. A failure of
 * the first frame throws; later failures are shown, and the daemon is asked again.
 */
async function watch(
  out: NodeJS.WriteStream,
  frame: () => Promise<readonly string[]>,
): Promise<void> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  // A reader that closes the pipe (`cctv camera status --watch | head`) ends the loop, too.
  out.once('error', end);
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
  try {
    let lines = await frame();
    if (out.isTTY) out.write(hideCursor + clear);
    while (!ended.signal.aborted) {
      draw(out, lines);
      await delay(everyMs, undefined, { signal: ended.signal }).catch(() => {});
      if (!ended.signal.aborted) lines = await frame().catch(explain);
    }
  } finally {
    if (out.isTTY) out.write(showCursor);
    process.off('SIGINT', end);
    process.off('SIGTERM', end);
    out.off('error', end);
  }
}

/** Prints an answer once, or with `--watch` each second; as JSON with `--json`. */
export async function show<T>(
  options: { readonly watch?: true; readonly json?: true },
  ask: () => Promise<T>,
  screen: (answer: T, nowMs: number) => readonly string[],
  jsonOf: (answer: T) => unknown = (answer) => answer,
): Promise<void> {
  if (!options.watch) {
    const answer = await ask();
    return options.json ? printJson(jsonOf(answer)) : print(screen(answer, Date.now()));
  }
  await watch(process.stdout, async () => {
    const answer = await ask();
    if (options.json) return [harmlessJson(JSON.stringify(jsonOf(answer)))];
    const nowMs = Date.now();
    return [formatSecond(nowMs), '', ...screen(answer, nowMs)];
  });
}

function explain(error: unknown): readonly string[] {
  if (error instanceof OperatorError) return wrap(describeError(error), 72);
  throw error;
}

function draw(out: NodeJS.WriteStream, lines: readonly string[]): void {
  if (!out.isTTY) {
    out.write(`${lines.map(harmless).join('\n')}\n`);
    return;
  }
  const fitting = fit(lines.map(harmless), out.columns, out.rows - 1);
  out.write(home + fitting.map((line) => `${line}${clearRestOfLine}\n`).join('') + clearBelow);
}
