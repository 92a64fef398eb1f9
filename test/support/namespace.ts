import { once } from 'node:events';
import { connect } from 'node:net';
import { execa } from 'execa';

/** The address beside loopback in a namespace of {@link inNamespace}. */
export const outsideAddress = '10.99.0.1';

/**
 * Runs a script in a network namespace of its own, which has {@link outsideAddress} beside loopback.
 *
 * @param withinMs how long it may take
 * @returns what it wrote as JSON in the last line of its standard output
 */
export async function inNamespace(script: string, withinMs = 90_000): Promise<unknown> {
  const unshare = process.getuid?.() === 0 ? ['--net'] : ['--map-root-user', '--net'];
  // Not every kernel has dummy interfaces; a bridge without members does as well.
  const setUp =
    'ip link set lo up && ip link add shop0 type bridge' +
    ` && ip address add ${outsideAddress}/24 dev shop0 && ip link set shop0 up && exec "$0" "$1"`;
  const { stdout } = await execa(
    'unshare',
    [...unshare, '--', 'sh', '-c', setUp, process.execPath, script],
    { timeout: withinMs, stderr: 'inherit' },
  );
  return JSON.parse(stdout.split('\n').at(-1) ?? '');
}

/** Whether anything accepts a TCP connection there. */
export async function answers(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 2_000 });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
