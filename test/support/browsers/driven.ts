import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** A page in a browser that a test drives. */
export interface DrivenBrowser extends AsyncDisposable {
  /** Where it puts what is downloaded. */
  readonly downloads: string;
  open(url: string): Promise<void>;
  evaluate<Result>(expression: string): Promise<Result>;
  /** Clicks with the mouse. The first element counts that has that text, or that name for screen readers. */
  click(selector: string, text?: string): Promise<void>;
  /** Types with the keyboard. */
  type(selector: string, text: string): Promise<void>;
}

/** An expression for an element. It throws in the page if there is none. */
export const elementExpression = (selector: string, text?: string): string => `(() => {
  const all = [...document.querySelectorAll(${JSON.stringify(selector)})];
  const text = ${JSON.stringify(text ?? null)};
  const nameOf = (element) => element.getAttribute('aria-label') ?? element.textContent.trim();
  const found = all.find((element) => text === null || nameOf(element) === text);
  if (found === undefined) throw new Error(${JSON.stringify(`no ${selector} ${text ?? ''}`)});
  found.scrollIntoView({ block: 'nearest' });
  return found;
})()`;

/** An expression whose value is JSON, as browsers differ in how they hand over values. */
export const jsonExpression = (expression: string): string =>
  `(async () => JSON.stringify((await (${expression})) ?? null))()`;

/** A home of its own for a browser, and the programs that run in it. */
export class BrowserHome implements AsyncDisposable {
  readonly directory = mkdtempSync(join(tmpdir(), 'cctv-browser-'));
  readonly downloads = join(this.directory, 'Downloads');
  readonly #children: ChildProcess[] = [];

  constructor() {
    mkdirSync(this.downloads);
  }

  start(
    command: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ): ChildProcessByStdio<null, Readable, Readable> {
    const child = spawn(command, args, {
      env: { ...process.env, HOME: this.directory, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children.toReversed()) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const gone = once(child, 'exit');
      child.kill();
      const impatience = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await gone;
      clearTimeout(impatience);
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** What a program prints, once that matches; the group of the match. */
export async function printed(output: Readable, wanted: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of on(output, 'data', { close: ['end'] })) {
    text += String(chunk);
    const [, found] = wanted.exec(text) ?? [];
    if (found !== undefined) {
      output.resume();
      return found;
    }
  }
  throw new Error(`it ended: ${text}`);
}
