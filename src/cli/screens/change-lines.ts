import { plain } from '../plain.ts';

/** `  RTSP path: /unicast -> /live`: a line for each setting that changed. */
export const changeLines = (
  changes: readonly { readonly setting: string; readonly from: string; readonly to: string }[],
): string[] =>
  changes.map(({ setting, from, to }) => `  ${setting}: ${plain(from)} -> ${plain(to)}`);
