import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildPage } from '../page.ts';
import { onPath } from '../tools.ts';
import {
  BrowserHome,
  type DrivenBrowser,
  elementExpression,
  jsonExpression,
  printed,
} from './driven.ts';

interface Reply {
  readonly id: number;
  readonly error?: string;
  readonly message?: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

interface Evaluated {
  readonly result?: { readonly value?: string; readonly sharedId?: string };
  readonly exceptionDetails?: { readonly text: string };
}

/** Debian's Firefox, driven by WebDriver BiDi, which it speaks itself. */
export async function startFirefox(): Promise<DrivenBrowser> {
  await buildPage();
  await using parts = new AsyncDisposableStack();
  const home = parts.use(new BrowserHome());
  const preferences = {
    'browser.download.folderList': 2,
    'browser.download.dir': home.downloads,
    'browser.download.alwaysOpenPanel': false,
    'browser.shell.checkDefaultBrowser': false,
    'datareporting.policy.dataSubmissionEnabled': false,
    'network.captive-portal-service.enabled': false,
  };
  writeFileSync(
    join(home.directory, 'user.js'),
    Object.entries(preferences)
      .map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`)
      .join(''),
  );
  const firefox = home.start(
    onPath('firefox-esr'),
    // biome-ignore format: each option with its value
    [
      '--headless', '--no-remote',
      '--profile', home.directory,
      '--remote-debugging-port', '0',
    ],
  );
  const address = await printed(firefox.stderr, /WebDriver BiDi listening on (ws:\S+)\n/);
  const send = await connect(`${address}/session`);
  await send('session.new', { capabilities: {} });
  const { contexts } = await send('browsingContext.getTree', {});
  const [{ context }] = contexts as [{ readonly context: string }];
  await send('browsingContext.setViewport', { context, viewport: { width: 1280, height: 900 } });

  const run = async (expression: string): Promise<NonNullable<Evaluated['result']>> => {
    const target = { context };
    const answer = await send('script.evaluate', { expression, target, awaitPromise: true });
    const { result, exceptionDetails } = answer as Evaluated;
    if (result === undefined) throw new Error(exceptionDetails?.text ?? 'no result');
    return result;
  };
  const act = (source: object): Promise<unknown> =>
    send('input.performActions', { context, actions: [source] });
  const click = async (selector: string, text?: string): Promise<void> => {
    const { sharedId } = await run(elementExpression(selector, text));
    const origin = { type: 'element', element: { sharedId } };
    const actions = [
      { type: 'pointerMove', x: 0, y: 0, origin },
      { type: 'pointerDown', button: 0 },
      { type: 'pointerUp', button: 0 },
    ];
    await act({ type: 'pointer', id: 'mouse', actions });
  };
  const owned = parts.move();
  return {
    downloads: home.downloads,
    open: async (url) =>
      void (await send('browsingContext.navigate', { context, url, wait: 'complete' })),
    evaluate: async (expression) => JSON.parse((await run(jsonExpression(expression))).value ?? ''),
    click,
    type: async (selector, text) => {
      await click(selector);
      const actions = Array.from(text).flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]);
      await act({ type: 'key', id: 'keyboard', actions });
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

type Send = (method: string, params: object) => Promise<Readonly<Record<string, unknown>>>;

async function connect(address: string): Promise<Send> {
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', () => reject(new Error(`no connection to ${address}`)));
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  let count = 0;
  return async (method, params) => {
    const id = (count += 1);
    const reply = await new Promise<Reply>((resolve) => {
      waiting.set(id, resolve);
      socket.send(JSON.stringify({ id, method, params }));
    });
    if (reply.error !== undefined) throw new Error(`${method}: ${reply.error}: ${reply.message}`);
    return reply.result ?? {};
  };
}
