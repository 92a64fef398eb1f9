import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { answers, outsideAddress } from '../support/namespace.ts';
import { Site } from '../support/site.ts';

/** What answers in a network namespace with an address beside loopback. */
export interface Reachable {
  readonly tunnelPort: number;
  readonly relayPort: number;
  readonly onLoopback: readonly number[];
  readonly fromOutside: readonly number[];
  /** UDP ports bound to anything but loopback. */
  readonly udpOutside: readonly number[];
  readonly socketMode: string;
}

/** Local address, in the kernel's hex, and port of the sockets of a table in /proc/net. */
function sockets(table: string, state?: string): { address: string; port: number }[] {
  return readFileSync(`/proc/net/${table}`, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => state === undefined || fields[3] === state)
    .map(([, local = '']) => {
      const [address = '', port = ''] = local.split(':');
      return { address, port: Number.parseInt(port, 16) };
    });
}

const listening = '0A';
const loopback4 = '0100007F';
const loopback6 = '00000000000000000000000001000000';

await using site = await Site.start({ config: { tunnel: { listen: '0.0.0.0:0' } } });
const camera = await site.addCamera('bach/front-door');
camera.dial();
const status = await camera.recording();
assert.ok(status.relay);

const ports = [
  ...new Set([...sockets('tcp', listening), ...sockets('tcp6', listening)].map(({ port }) => port)),
];
const onLoopback: number[] = [];
const fromOutside: number[] = [];
for (const port of ports) {
  if (await answers('127.0.0.1', port)) onLoopback.push(port);
  if (await answers(outsideAddress, port)) fromOutside.push(port);
}
const found: Reachable = {
  tunnelPort: site.tunnelPort,
  relayPort: status.relay.port,
  onLoopback,
  fromOutside,
  udpOutside: [...sockets('udp'), ...sockets('udp6')]
    .filter(({ address }) => address !== loopback4 && address !== loopback6)
    .map(({ port }) => port),
  socketMode: (statSync(site.socket).mode & 0o777).toString(8),
};
console.log(JSON.stringify(found));
