import { Agent, request } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import { type Attack, strangerAddress, type Tools } from '../attack.ts';

interface LogIns {
  readonly name: string;
  readonly perSecond: number;
  readonly from: (n: number) => string;
  readonly who: (n: number) => { readonly account?: string; readonly user: string };
}

const mostAtOnce = 200;

/** Log-ins at the page with wrong passwords. */
const logIns = ({ name, perSecond, from, who }: LogIns): Attack => ({
  name,
  by: 'stranger',
  unit: 'log-ins',
  async run(tools) {
    const agents = new Map<string, Agent>();
    const began = performance.now();
    const running = new Set<Promise<void>>();
    for (let n = 0; !tools.signal.aborted; ) {
      const due = ((performance.now() - began) / 1_000) * perSecond;
      while (n < due && running.size < mostAtOnce) {
        const localAddress = from(n);
        const agent = agents.get(localAddress) ?? new Agent({ keepAlive: true, maxSockets: 8 });
        agents.set(localAddress, agent);
        const task = logIn(tools, agent, localAddress, who(n)).finally(() => running.delete(task));
        running.add(task);
        n += 1;
      }
      await delay(5);
    }
    for (const agent of agents.values()) agent.destroy();
  },
});

function logIn(
  { target, count }: Tools,
  agent: Agent,
  localAddress: string,
  who: object,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const origin = `https://127.0.0.1:${target.webPort}`;
  const asked = request(
    `${origin}/api/login`,
    {
      method: 'POST',
      agent,
      localAddress,
      rejectUnauthorized: false,
      timeout: 10_000,
      headers: { origin, 'content-type': 'application/json' },
    },
    (answer) => {
      count();
      answer.resume();
      answer.once('close', resolve);
    },
  );
  asked.once('timeout', () => asked.destroy());
  asked.once('error', () => resolve());
  asked.once('close', () => resolve());
  asked.end(JSON.stringify({ ...who, password: 'wrong' }));
  return promise;
}

export const wrongPasswords = [
  logIns({
    name: 'operator log-ins with wrong passwords, 40 addresses',
    perSecond: 200,
    from: (n) => strangerAddress(0, n % 40),
    who: () => ({ user: 'olga' }),
  }),
  logIns({
    name: 'owner log-ins, 1,000 a second of 50 networks',
    perSecond: 1_000,
    from: (n) => strangerAddress(n % 50, n % 7),
    who: () => ({ account: 'bach', user: 'bach' }),
  }),
  logIns({
    name: 'log-ins of any names, 1,000 a second of 50 networks',
    perSecond: 1_000,
    from: (n) => strangerAddress(n % 50, n % 7),
    who: (n) => ({ account: `nobody-${n}`, user: `${n}` }),
  }),
];
