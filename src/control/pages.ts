/**
 * The part of a sorted list that follows `after`, at most `limit` items of it, and `next` if there is
 * more.
 */
export function cut<T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  range: { readonly limit: number; readonly after?: string | undefined },
): [T[], { readonly next?: string }] {
  const { limit, after } = range;
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const items = rest.slice(0, limit);
  const last = rest.length > limit ? items.at(-1) : undefined;
  return [items, last === undefined ? {} : { next: nameOf(last) }];
}
