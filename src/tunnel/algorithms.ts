import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** `legacy` lets dropbears before 2020 in, which know no ed25519 host keys. */
export type AlgorithmProfile = 'default' | 'legacy';

/**
 * What the server offers.
 *
 * Dropbear sends its first key exchange packet before it knows whether the server wants that method,
 * and ssh2 always drops this guess. Unless both have the same first method and the same first kind
 * of host key, in which case dropbear takes its guess for right (RFC 4253 section 7), it sends
 * another packet and all is well; else both wait for ever. So the first method must be one that no
 * dropbear puts first: none is expected to choose it.
 *
 * No compression: it would cost the camera six times the CPU time, and footage doesn't shrink.
 */
export function algorithmsOf(profile: AlgorithmProfile): Algorithms {
  const hostKeys: ServerHostKeyAlgorithm[] = ['ssh-ed25519'];
  if (profile === 'legacy') hostKeys.push('ecdsa-sha2-nistp256');
  return {
    kex: ['diffie-hellman-group16-sha512', 'curve25519-sha256', 'curve25519-sha256@libssh.org'],
    serverHostKey: hostKeys,
    cipher: [
      'chacha20-poly1305@openssh.com',
      'aes128-gcm@openssh.com',
      'aes256-gcm@openssh.com',
      'aes128-ctr',
      'aes256-ctr',
    ],
    // Only the last is known to dropbear, which needs it beside aes-ctr.
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
    compress: ['none'],
  };
}
