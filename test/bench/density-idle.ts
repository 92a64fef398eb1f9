import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeDropbearKey } from '../../src/provision/dropbear-key.ts';
import { dbclients } from '../support/tools.ts';
import { AnsweringProcess } from './answering-process.ts';
import { costOf, shareOfMemoryKib } from './cost.ts';
import type { TunnelAnswer, TunnelQuestion } from './tunnel-process.ts';

export interface IdleTunnels {
  /** Of the server, that each adds; what the kernel keeps for its sockets is not in it. */
  readonly kibEach: number;
  /** Of one core; sent and answered keep-alives are all that goes on. */
  readonly cpu: number;
  /** From the first dial-in to the last tunnel. */
  readonly upMs: number;
}

/** The next ones dial in when these have their tunnels. */
const dialledAtOnce = 50;
const settleMs = 3_000;

/**
 * The tunnel server alone with many tunnels in which nothing goes on. The daemon would not have them:
 * it hangs up on a camera that offers no service, and starts a relay for one that does.
 */
export async function measureIdleTunnels(
  tunnels: number,
  measuredMs: number,
): Promise<IdleTunnels> {
  await using owned = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'cctv-idle-'));
  owned.defer(() => rm(home, { recursive: true, force: true }));
  const keys: Record<string, string> = {};
  for (let i = 0; i < tunnels; i += 1) {
    const { file, publicLine } = makeDropbearKey();
    await writeFile(join(home, `camera-${i}`), file, { mode: 0o600 });
    keys[`bach/camera-${i}`] = publicLine;
  }
  const server = owned.use(new AnsweringProcess('tunnel-process.ts'));
  const ask = (question: TunnelQuestion): Promise<TunnelAnswer> =>
    server.ask<TunnelAnswer>(question, 60_000);
  const begun = await ask({ hostKeyFile: join(home, 'host_key'), keys });
  await mkdir(join(home, '.ssh'), { mode: 0o700 });
  await writeFile(join(home, '.ssh', 'known_hosts'), `127.0.0.1 ${begun.hostKeyLine}\n`);
  const clients = owned.adopt<ReturnType<typeof spawn>[]>([], (all) => {
    for (const client of all) client.kill('SIGKILL');
  });
  const dial = (name: string): void => {
    const { dbclient = '' } = dbclients().at(-1) ?? {};
    const args = ['-N', '-T', '-K', '3', '-i', join(home, name), '-R', '554:127.0.0.1:554'];
    const target = ['-p', `${begun.ports[0]}`, `bach.${name}@127.0.0.1`];
    const client = spawn('setpriv', ['--pdeathsig', 'KILL', '--', dbclient, ...args, ...target], {
      env: { ...process.env, HOME: home },
      stdio: 'ignore',
    });
    clients.push(client);
  };
  const names = Object.keys(keys).map((name) => name.slice('bach/'.length));
  const memory = async (): Promise<number> => {
    await ask({ tidy: true });
    return shareOfMemoryKib([server.pid]);
  };
  let memoryOfFirst = Number.NaN;
  const from = performance.now();
  for (let i = 0; i < tunnels; i += dialledAtOnce) {
    const some = names.slice(i, i + dialledAtOnce);
    for (const name of some) dial(name);
    await ask({ portsOf: some.map((name) => `bach/${name}`) });
    // The first ones also bring code and buffers that all will use.
    if (i === 0) memoryOfFirst = await memory();
  }
  const upMs = performance.now() - from;
  await delay(settleMs);
  const [cpuBefore, measuredFrom] = [costOf([server.pid]).cpuMs, performance.now()];
  await delay(measuredMs);
  const cpuMs = costOf([server.pid]).cpuMs - cpuBefore;
  const cpu = (cpuMs / (performance.now() - measuredFrom)) * 100;
  const kibEach = ((await memory()) - memoryOfFirst) / (tunnels - dialledAtOnce);
  return { kibEach, cpu, upMs };
}
