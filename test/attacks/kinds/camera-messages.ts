import { setTimeout as delay } from 'node:timers/promises';
import { Stranger } from '../../tunnel/stranger.ts';
import type { Attack, Target, Tools } from '../attack.ts';

type Ask = (stranger: Stranger) => void;

const sessions: Ask = ({ protocol }) => protocol.session(1, 1024, 1024);
const globals: Ask = ({ protocol }) => protocol.ping();
const connections: Ask = ({ protocol }) =>
  protocol.directTcpip(1, 1024, 1024, {
    srcIP: '127.0.0.1',
    srcPort: 1,
    dstIP: '127.0.0.1',
    dstPort: 22,
  });

/** Logs in with the key of an enrolled camera. */
export const logIn = (target: Target, n: number, from = `10.230.0.${n + 1}`): Promise<Stranger> => {
  const { user = '', privateKey = '' } = target.cameras[n % target.cameras.length] ?? {};
  return Stranger.connect({
    port: target.tunnelPort,
    from,
    logIn: true,
    username: user,
    privateKey,
  });
};

/** Asks without end for what must be answered, and dials in again when it is cut off. */
const flood = (what: string, asks: readonly Ask[], keys: number): Attack => ({
  name: `camera asks for ${what}${keys === 1 ? '' : `, ${keys} keys`}`,
  by: 'camera',
  unit: 'messages',
  async run(tools) {
    await Promise.all(Array.from({ length: keys }, (_, n) => askFor(tools, asks, n)));
  },
});

async function askFor(
  { target, signal, count, random }: Tools,
  asks: readonly Ask[],
  n: number,
): Promise<void> {
  while (!signal.aborted) {
    const stranger = await logIn(target, n).catch(() => undefined);
    if (stranger === undefined) {
      await delay(200);
      continue;
    }
    await using _camera = stranger;
    while (stranger.isOpen && !signal.aborted) {
      const ask = random.of(asks);
      for (let i = 0; i < 200 && stranger.isOpen; i += 1) ask(stranger);
      count(200);
      await stranger.drain();
      await delay(0);
    }
  }
}

export const cameraMessages = [
  flood('global requests', [globals], 1),
  flood('sessions', [sessions], 1),
  flood('connections', [connections], 1),
  flood('all of these', [globals, sessions, connections], 4),
];
