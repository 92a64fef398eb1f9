import type { Algorithms, ServerHostKeyAlgorithm } from 'ssh2';

/** `legacy` admits dropbears from before 2020, which don't know ed25519 host keys. */
export type AlgorithmProfile = 'default' | 'legacy';

/**
 * The algorithms that the server offers.
 *
 * Dropbear guesses the key exchange and sends its first packet before it knows the server's list;
 * ssh2 drops every guessed packet. If the server's first method and first kind of host key are also
 * dropbear's first ones, dropbear believes that its guess was right (RFC 4253 section 7) and sends
 * no other packet: both sides wait for ever. So our first method is one that no dropbear puts
 * first. It isn't expected to be chosen.
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
    // Dropbear knows only the last one, and needs it for aes-ctr.
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256'],
    compress: ['none'],
  };
}
