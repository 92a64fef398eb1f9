/** What proves to the store who we are. */
export interface StoreCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** With temporary keys. */
  readonly sessionToken?: string | undefined;
}
