import { plain } from '../plain.ts';

/** A line for each changed setting, such as `  RTSP path: /unicast -> /live`. */
export const changeLines = (
  changes: readonly { readonly setting: string; readonly from: string; readonly to: string }[],
): string[] =>
  changes.map(({ setting, from, to }) => `  ${setting}: ${plain(from)} -> ${plain(to)}`);
