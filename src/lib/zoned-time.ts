const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'longOffset',
    });
    formats.set(timeZone, format);
  }
  return format;
}

export interface ZonedTime {
  /** `2026-11-23` */
  readonly date: string;
  /** Two digits each. */
  readonly hour: string;
  readonly minute: string;
  readonly second: string;
  /** `+0800` */
  readonly offset: string;
}

/**
 * What clocks and calendars of a zone show.
 *
 * @param ms milliseconds since 1970 UTC
 * @param timeZone an IANA name
 */
export function zonedTime(ms: number, timeZone: string): ZonedTime {
  const parts = new Map<string, string>();
  for (const { type, value } of formatOf(timeZone).formatToParts(ms)) parts.set(type, value);
  const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? '';
  return {
    date: `${part('year')}-${part('month')}-${part('day')}`,
    hour: part('hour'),
    minute: part('minute'),
    second: part('second'),
    offset: part('timeZoneName').replaceAll(/GMT|:/g, '') || '+0000',
  };
}
