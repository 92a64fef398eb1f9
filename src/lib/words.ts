/** `3 cameras`, `1 camera`. */
export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n} ${n === 1 ? one : many}`;

const mostQuoted = 80;

/** What others said, in quotes: shortened, and escaped so that nothing in it acts on a terminal or a page. */
export function quoted(text: string): string {
  const short = text.length > mostQuoted ? `${text.slice(0, mostQuoted)}…` : text;
  return JSON.stringify(short).replaceAll(
    /[\x7f-\u2025\u2027-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const minute = 60_000;

/** A duration for sentences: `45 s`, `23 min`, `2 h 5 min`, `3 d 2 h`. */
export function lengthOfTime(ms: number): string {
  if (ms < 2 * minute) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  const minutes = Math.round(ms / minute);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${hours / 24} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A duration for tables, in its two largest units: `2h 14m`, `3d 1h`, `12s`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first === -1) return '0s';
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(' ');
}

function scaled(value: number, units: readonly string[]): string {
  let rest = value;
  let index = 0;
  while (rest >= 999.5 && index < units.length - 1) {
    rest /= 1000;
    index += 1;
  }
  const digits = index === 0 || rest >= 99.5 ? 0 : 1;
  return `${rest.toFixed(digits)} ${units[index]}`;
}

/** `1.2 GB` */
export const formatBytes = (bytes: number): string =>
  scaled(bytes, ['B', 'kB', 'MB', 'GB', 'TB', 'PB']);

/** `1.2 Mb/s` */
export const formatBitRate = (bitsPerSecond: number): string =>
  scaled(bitsPerSecond, ['b/s', 'kb/s', 'Mb/s', 'Gb/s']);
