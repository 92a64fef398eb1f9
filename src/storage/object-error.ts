/** The store works, and has trouble with this one object: it doesn't hold what it took. */
export class ObjectError extends Error {
  override name = 'ObjectError';
}

/** The store works, and what it lists can't be believed. */
export class ListingError extends Error {
  override name = 'ListingError';
}
