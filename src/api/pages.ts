/** A page of a sorted list: at most `limit` items after `after`, and `next` if there are more. */
export function pageOf<T>(
  sorted: readonly T[],
  nameOf: (item: T) => string,
  { limit, after }: { readonly limit: number; readonly after?: string },
): { readonly items: readonly T[]; readonly next?: string } {
  const rest = after === undefined ? sorted : sorted.filter((item) => nameOf(item) > after);
  const items = rest.slice(0, limit);
  const last = rest.length > limit ? items.at(-1) : undefined;
  return { items, next: last && nameOf(last) };
}
