import { wireNumber, wireString } from '../../src/tunnel/wire.ts';

/** Repeatable noise (mulberry32). */
export class Noise {
  #state: number;
  constructor(start: number) {
    this.#state = start;
  }
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  }
  one<T>(values: readonly [T, ...T[]]): T {
    return values[this.below(values.length)] ?? values[0];
  }
  bytes(bound: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(bound) }, () => this.below(256)));
  }
}

const words = [
  'session',
  'direct-tcpip',
  'forwarded-tcpip',
  'x11',
  'direct-streamlocal@openssh.com',
  'tcpip-forward',
  'cancel-tcpip-forward',
  'streamlocal-forward@openssh.com',
  'shell',
  'exec',
  'no-more-sessions@openssh.com',
  'keepalive@openssh.com',
  'subsystem',
  'sftp',
  'pty-req',
  'ssh-userauth',
  'ssh-connection',
  'publickey',
  'password',
  'none',
  'hostbased',
  'keyboard-interactive',
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'rsa-sha2-256',
  'bach.door',
  '127.0.0.1',
  'server-sig-algs',
  'exit-status',
  'signal',
  'window-change',
  'env',
] as unknown as [string, ...string[]];
const types = [
  1, 2, 3, 4, 5, 6, 7, 20, 21, 30, 31, 32, 33, 34, 50, 51, 52, 53, 60, 61, 66, 80, 81, 82, 90, 91,
  92, 93, 94, 95, 96, 97, 98, 99, 100, 0, 192, 255,
] as unknown as [number, ...number[]];

/** A message whose parts are now right, now wrong. */
export function payload(noise: Noise): Buffer {
  const parts: Buffer[] = [Buffer.from([noise.one(types)])];
  for (let count = noise.below(7); count > 0; count -= 1) {
    switch (noise.below(6)) {
      case 0:
        parts.push(wireNumber(noise.one([0, 1, 80, 554, 65_536, 0x7fffffff, 0xffffffff])));
        break;
      case 1:
        parts.push(Buffer.from([noise.below(3)]));
        break;
      case 2:
        parts.push(noise.bytes(40));
        break;
      case 3:
        parts.push(wireNumber(noise.below(2 ** 32)), noise.bytes(20));
        break;
      default:
        parts.push(wireString(noise.one(words)));
    }
  }
  return Buffer.concat(parts);
}

/** What somebody sends who has not exchanged keys: now right, now wrong, now cut off. */
export function unencrypted(noise: Noise): Buffer {
  const ident = noise.one(['SSH-2.0-x\r\n', 'SSH-2.0-x\r\n', 'SSH-1.99-y\n', 'GET / HTTP/1.1\r\n']);
  const packets = Array.from({ length: 1 + noise.below(4) }, () => {
    const body = payload(noise);
    const padding = noise.one([4, 8, 0, 255, 12]);
    const length = noise.below(4) === 0 ? noise.below(2 ** 32) : 1 + body.length + padding;
    return Buffer.concat([
      wireNumber(length),
      Buffer.from([padding]),
      body,
      Buffer.alloc(padding === 255 ? 3 : padding),
    ]);
  });
  const whole = Buffer.concat([Buffer.from(ident), ...packets]);
  return noise.below(3) === 0 ? whole.subarray(0, noise.below(whole.length)) : whole;
}
