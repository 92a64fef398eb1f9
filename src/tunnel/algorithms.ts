import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** `legacy` lets dropbears before 2020 in, which know no ed25519 host keys. */
export type AlgorithmProfile = 'default' | 'legacy';

/**
 * What the server offers.
 *
 * Dropbear sends the first packet of a guessed key exchange before it knows the server's list, and
 * ssh2 drops every guess. Where the server's first method and first kind of host key are dropbear's
 * own first ones, dropbear takes its guess for right (RFC 4253 section 7) and sends no other packet:
 * both wait for ever. So the first method here is one that no dropbear puts first. It isn't expected
 * to be chosen.
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
