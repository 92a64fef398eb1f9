import { Child } from '../../src/lib/child.ts';
import { startRtspCamera } from '../stand-ins/rtsp-camera.ts';
import { answers, outsideAddress } from '../support/namespace.ts';
import { listeningPorts } from '../support/processes.ts';
import { live555ProxyServer } from '../support/tools.ts';
import { eventually } from '../support/until.ts';
import { relayOf } from '../support/relay.ts';

/** The ports of a live555ProxyServer that answer, with our library and without it. */
export interface Answering {
  readonly relayPort: number;
  readonly ours: Answers;
  readonly bare: Answers;
}

interface Answers {
  readonly loopback: readonly number[];
  readonly outside: readonly number[];
}

/** Of the ports on which a process listens, and those that live555ProxyServer may take besides. */
async function tryPorts(pid: number): Promise<Answers> {
  const ports = [...new Set([...listeningPorts(pid), 80, 8000, 8080])];
  const answering = async (host: string): Promise<number[]> => {
    const open = await Promise.all(ports.map((port) => answers(host, port)));
    return ports.filter((_, i) => open[i]);
  };
  return { loopback: await answering('127.0.0.1'), outside: await answering(outsideAddress) };
}

await using camera = await startRtspCamera({ video: 'h264', width: 320, height: 192 });
await using relay = await relayOf(camera.url);
const ours = await tryPorts(relay.pid);
await using unguarded = new Child({
  name: 'relay',
  file: live555ProxyServer(),
  args: ['-t', '-p', '9999', camera.url],
});
const pid = unguarded.pid ?? 0;
await eventually('its ports', 5_000, () => listeningPorts(pid).length > 1);
const found: Answering = { relayPort: relay.port, ours, bare: await tryPorts(pid) };
console.log(JSON.stringify(found));
