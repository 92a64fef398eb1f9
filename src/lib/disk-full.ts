/** The disk for footage is full. The message names what is full, and its size. */
export class DiskFullError extends Error {
  override name = 'DiskFullError';
}

/** The disk for footage takes no writes, or is not there. The message says why. */
export class DiskUnusableError extends Error {
  override name = 'DiskUnusableError';
}
