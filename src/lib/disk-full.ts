/** The disk for footage is full. The message names what is full, and its size. */
export class DiskFullError extends Error {
  override name = 'DiskFullError';
}
