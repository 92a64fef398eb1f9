import type { Config } from '../config/config.ts';

/** The URL to which requests about the bucket go. */
export function bucketAddress({ bucket }: Config): URL {
  const address = new URL(bucket.endpoint ?? `https://s3.${bucket.region}.amazonaws.com`);
  if (!bucket.pathStyle) address.hostname = `${bucket.name}.${address.hostname}`;
  address.pathname = '/';
  return address;
}
