/**
 * What is kept of a viewer's password: for each hash function of Digest, the hash of
 * `user:realm:password` (RFC 7616 section 3.4.2), in lower-case hexadecimal.
 *
 * Digest never shows the server the password, so a server must have these, and a slow salted hash
 * (scrypt, Argon2) can't take their place. Whoever steals them can log in to this realm with them as
 * if they were the password, and can try out guesses fast; they give away neither the password
 * itself nor any other account that has it. A password from the daemon can't be guessed.
 */
export interface ViewerCredentials {
  readonly md5: string;
  readonly sha256: string;
}

export interface ViewerName {
  readonly account: string;
  /** The user name. */
  readonly name: string;
}

/** Who logs in by a name, and how that is proven. */
export interface ViewerAccess extends Pick<NewViewer, 'name' | 'cameras'> {
  readonly credentials: ViewerCredentials;
}

export interface NewViewer extends ViewerName {
  readonly credentials: ViewerCredentials;
  readonly cameras?: readonly string[];
}

export const formatViewerName = ({ account, name }: ViewerName): string => `${account}/${name}`;
