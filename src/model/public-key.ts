/** A public key as SSH has it. `blob` is its wire form (RFC 4253 section 6.6). */
export interface PublicKey {
  readonly algorithm: string;
  readonly blob: Buffer;
  /** `SHA256:…`, as ssh-keygen prints it. */
  readonly fingerprint: string;
  readonly comment: string;
}
