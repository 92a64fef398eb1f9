/** A copy of plain data without the members that are undefined, to be compared with what is expected. */
export const present = <T>(value: T): T =>
  value === undefined ? value : (JSON.parse(JSON.stringify(value)) as T);
