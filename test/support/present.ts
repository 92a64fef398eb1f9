/** A copy of plain data without the members that are undefined, to be compared with what is expected. */
export function present<T>(value: T): T {
  if (Array.isArray(value)) return value.map(present) as T;
  if (typeof value !== 'object' || value === null) return value;
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [name, present(member)])) as T;
}
