import { type Attack, strangerAddress, type Target, type Tools } from '../attack.ts';
import { askPage, type PageAnswer } from '../page.ts';

interface Session {
  readonly cookie: string;
  readonly csrf: string;
}

/** Who asks, and what no answer may have in it. */
interface Asker {
  readonly name: string;
  readonly session: Session | undefined;
  readonly secrets: readonly string[];
  /** Cameras that are not theirs. */
  readonly cameras: readonly string[];
}

interface Description {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

const day = 86_400_000;

/** Every route of the page's own description, asked by everybody for what is somebody else's. */
export const routes: Attack = {
  name: 'routes × identities',
  by: 'owner',
  unit: 'requests',
  async run(tools) {
    const { target, signal } = tools;
    const victim = await logIn(target, 'victim');
    const now = Date.now();
    const files = await filesOf(target, victim, now);
    const made = await ask(tools, 'POST', '/api/cameras/yard/exports', victim, {
      fromMs: now - 20_000,
      toMs: now - 10_000,
    });
    const { id = '' } = JSON.parse(made.text) as { id?: string };
    if (files.length === 0 || id === '') tools.wrong(`no footage to look for: ${made.text}`);
    const ofMozart = ['mozart', 'yard', 'newcomer', id, ...files];
    const own = await logIn(target, 'restricted');
    const askers: Asker[] = [
      {
        name: 'a stranger',
        session: undefined,
        secrets: [...ofMozart, 'front'],
        cameras: ['yard', 'front'],
      },
      {
        name: 'a forger',
        session: { cookie: `cctv=${'A'.repeat(43)}`, csrf: 'x' },
        secrets: [...ofMozart, 'front'],
        cameras: ['yard', 'front'],
      },
      {
        name: 'the owner',
        session: await logIn(target, 'owner'),
        secrets: ofMozart,
        cameras: ['yard'],
      },
      {
        name: 'a restricted viewer',
        session: own,
        secrets: [...ofMozart, 'front'],
        cameras: ['yard', 'front'],
      },
      {
        name: 'an ended session',
        session: await ended(tools),
        secrets: [...ofMozart, 'front'],
        cameras: ['yard'],
      },
      {
        name: 'a session without its token',
        session: { ...own, csrf: '' },
        secrets: [...ofMozart, 'front'],
        cameras: ['yard', 'front'],
      },
    ];
    const description = JSON.parse(
      (await ask(tools, 'GET', '/api/openapi.json', victim)).text,
    ) as Description;
    while (!signal.aborted) {
      for (const asker of askers) await askAll(tools, description, asker, files, id, now);
    }
  },
};

async function askAll(
  tools: Tools,
  { paths }: Description,
  asker: Asker,
  files: readonly string[],
  id: string,
  now: number,
): Promise<void> {
  for (const [path, methods] of Object.entries(paths)) {
    // They would end the session that asks.
    if (path === '/api/logout' || path === '/api/login') continue;
    const query = path.endsWith('/days')
      ? `from=${dateOf(now - day)}&to=${dateOf(now)}`
      : `from=${now - 60_000}&to=${now}&at=${now - 10_000}`;
    for (const method of Object.keys(methods)) {
      // It would end the session of the honest owner.
      if (path === '/api/sessions' && method === 'delete') continue;
      for (const camera of asker.cameras) {
        const filled = path
          .replace('{camera}', camera)
          .replace('{file}', tools.random.of(files))
          .replace('{id}', id);
        const body = method === 'post' ? { fromMs: now - 20_000, toMs: now } : undefined;
        const url = `${filled}?${query}`;
        const answer = await ask(tools, method.toUpperCase(), url, asker.session, body);
        const what = `${asker.name}: ${method} ${filled}: ${answer.status}`;
        if (answer.status >= 500) tools.wrong(what);
        if (path.includes('{') && answer.status < 400) tools.wrong(what);
        const told = asker.secrets.find((secret) => answer.text.includes(secret));
        if (told !== undefined) tools.wrong(`${what} tells ${told}`);
      }
    }
  }
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function ask(
  { target, count }: Tools,
  method: string,
  path: string,
  session: Session | undefined,
  body?: unknown,
): Promise<PageAnswer> {
  count();
  return askPage({
    port: target.webPort,
    from: strangerAddress(3, 3),
    method,
    path,
    ...(session === undefined ? {} : session),
    body,
  });
}

async function logIn(target: Target, who: keyof Target['people']): Promise<Session> {
  const base = { port: target.webPort, from: strangerAddress(4, 4) };
  const login = await askPage({
    ...base,
    method: 'POST',
    path: '/api/login',
    body: target.people[who],
  });
  const { cookie } = login;
  const session = await askPage({ ...base, method: 'GET', path: '/api/session', cookie });
  if (session.status !== 200) throw new Error(`${who}: ${login.status} ${session.text}`);
  return { cookie, csrf: (JSON.parse(session.text) as { csrf: string }).csrf };
}

/** A session of the victim that was logged out. */
async function ended(tools: Tools): Promise<Session> {
  const session = await logIn(tools.target, 'victim');
  await ask(tools, 'POST', '/api/logout', session, {});
  return session;
}

async function filesOf(target: Target, { cookie }: Session, now: number): Promise<string[]> {
  const { text } = await askPage({
    port: target.webPort,
    from: strangerAddress(4, 4),
    method: 'GET',
    path: `/api/cameras/yard/playlist.m3u8?from=${now - 120_000}&to=${now}`,
    cookie,
  });
  return [...new Set([...text.matchAll(/[^/\s"]+\.mp4/g)].map(([file]) => file))];
}
