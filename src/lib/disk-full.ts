/** The disk that footage is written to takes no more. The message says what is full, and of what size. */
export class DiskFullError extends Error {
  override name = 'DiskFullError';
}
