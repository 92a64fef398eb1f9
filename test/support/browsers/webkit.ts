import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from '../page.ts';
import { listeningPorts } from '../processes.ts';
import { onPath } from '../tools.ts';
import { eventually } from '../until.ts';
import {
  BrowserHome,
  type DrivenBrowser,
  elementExpression,
  jsonExpression,
  printed,
} from './driven.ts';

/** Under this name an element is handed over (W3C WebDriver, 12). */
const elementKey = 'element-6066-11e4-a52e-4f735466cecf';

/** WebKitGTK's small browser on a screen that nobody sees, driven by W3C WebDriver. */
export async function startWebKit(
  environment: Readonly<Record<string, string>> = {},
): Promise<DrivenBrowser> {
  await buildPage();
  const [binary] = globSync('/usr/lib/*/webkit2gtk-4.1/MiniBrowser');
  if (binary === undefined) throw new Error('MiniBrowser is missing: run bin/tools test');
  await using parts = new AsyncDisposableStack();
  const home = parts.use(new BrowserHome());
  mkdirSync(join(home.directory, '.config'));
  writeFileSync(
    join(home.directory, '.config/user-dirs.dirs'),
    'XDG_DOWNLOAD_DIR="$HOME/Downloads"\n',
  );
  const screen = home.start(
    onPath('Xvfb'),
    // biome-ignore format: each option with its value
    ['-displayfd', '1', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'],
  );
  const display = `:${await printed(screen.stdout, /^(\d+)\n/)}`;
  const driver = home.start(onPath('WebKitWebDriver'), ['--port=0'], {
    DISPLAY: display,
    ...environment,
  });
  const port = await eventually('a driver', 10_000, () => listeningPorts(driver.pid ?? 0)[0]);
  const origin = `http://127.0.0.1:${port}`;
  const send = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(`${origin}${path}`, {
      method,
      body: body && JSON.stringify(body),
    });
    const { value } = (await response.json()) as { readonly value: unknown };
    if (!response.ok) throw new Error(`${path}: ${JSON.stringify(value)}`);
    return value;
  };
  const options = { binary, args: ['--automation'] };
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': options } };
  const { sessionId } = (await send('POST', '/session', { capabilities })) as {
    readonly sessionId: string;
  };
  const session = `/session/${sessionId}`;
  parts.defer(async () => void (await send('DELETE', session)));

  const run = (expression: string): Promise<unknown> =>
    send('POST', `${session}/execute/sync`, { script: `return ${expression}`, args: [] });
  const element = async (selector: string, text?: string): Promise<string> => {
    const found = (await run(elementExpression(selector, text))) as Readonly<
      Record<string, string>
    >;
    return `${session}/element/${found[elementKey]}`;
  };
  const owned = parts.move();
  return {
    downloads: home.downloads,
    open: async (url) => void (await send('POST', `${session}/url`, { url })),
    evaluate: async (expression) => JSON.parse((await run(jsonExpression(expression))) as string),
    click: async (selector, text) =>
      void (await send('POST', `${await element(selector, text)}/click`, {})),
    type: async (selector, text) =>
      void (await send('POST', `${await element(selector)}/value`, { text })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
