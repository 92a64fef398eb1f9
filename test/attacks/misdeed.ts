import { once } from 'node:events';
import { connect } from 'node:net';
import type { Tools } from './attack.ts';

export type Misdeed =
  | 'endless answer'
  | 'endless error'
  | 'endless header'
  | 'drip'
  | 'redirect'
  | 'same token';

/** Lets a server misbehave until the signal aborts, and counts what it was asked meanwhile. */
export async function misbehave(
  controlPort: number,
  misdeed: Misdeed,
  { signal, count }: Pick<Tools, 'signal' | 'count'>,
): Promise<void> {
  const socket = connect(controlPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.on('data', (lines) => count(lines.toString().split('\n').length - 1));
  socket.write(`${misdeed}\n`);
  await once(signal, 'abort');
  socket.destroy();
}
