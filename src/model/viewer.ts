/** What is kept of a password: hashes of `user:realm:password` in hexadecimal (RFC 7616). */
export interface ViewerCredentials {
  readonly md5: string;
  readonly sha256: string;
}

export interface ViewerName {
  readonly account: string;
  /** The user name. */
  readonly name: string;
}

/** Somebody who may watch an account's cameras. Times are milliseconds since 1970 UTC. */
export interface Viewer extends ViewerName {
  /** The only cameras of the account that this viewer may watch; absent: all, those to come too. */
  readonly cameras?: readonly string[];
  readonly createdMs: number;
  readonly passwordSetMs: number;
}

export interface NewViewer extends ViewerName {
  readonly credentials: ViewerCredentials;
  readonly cameras?: readonly string[];
}

export const formatViewerName = ({ account, name }: ViewerName): string => `${account}/${name}`;
