import { type Document, isMap, isScalar, type Pair, parseDocument, stringify } from 'yaml';

/**
 * Sets or removes an option of a section in a YAML text. Everything else stays as it was written, with
 * its comments; a commented-out example of the option is replaced.
 *
 * @param text its top level is a mapping, or it is empty
 */
export function withOption(
  text: string,
  section: string,
  option: string,
  value: string | undefined,
): string {
  const changed = edited(text, section, option, value);
  if (changed !== undefined && parseDocument(changed).getIn([section, option]) === value) {
    return changed;
  }
  // The file has another layout. The YAML library keeps its comments, but may move them.
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn([section, option]);
  else document.setIn([section, option], value);
  return document.toString({ lineWidth: 0 });
}

/** Undefined if the section is not written with one option per line. */
function edited(
  text: string,
  section: string,
  option: string,
  value: string | undefined,
): string | undefined {
  const pairs = pairsOf(parseDocument(text), section);
  const [first] = pairs;
  const firstAt = startOf(first?.key);
  if (firstAt === undefined) return undefined;
  const pair = pairs.find(({ key }) => isScalar(key) && key.value === option);
  const lineAt = text.lastIndexOf('\n', firstAt) + 1;
  const indent = text.slice(lineAt, firstAt);
  if (pair === undefined) {
    if (value === undefined) return text;
    const line = `${indent}${option}: ${stringify(value).trim()}`;
    const end = lineAt + (/^\S/m.exec(text.slice(lineAt))?.index ?? text.length);
    const example = new RegExp(`^${indent}# ${option}:.*$`, 'm');
    const at = example.exec(text.slice(lineAt, end));
    if (at === null) return `${text.slice(0, lineAt)}${line}\n${text.slice(lineAt)}`;
    const from = lineAt + at.index;
    return text.slice(0, from) + line + text.slice(from + at[0].length);
  }
  const from = startOf(pair.value);
  const to = isScalar(pair.value) ? pair.value.range?.[1] : undefined;
  const keyAt = startOf(pair.key);
  if (from === undefined || to === undefined || keyAt === undefined) return undefined;
  if (value !== undefined) return text.slice(0, from) + stringify(value).trim() + text.slice(to);
  const lineEnd = text.indexOf('\n', to);
  return text.slice(0, text.lastIndexOf('\n', keyAt) + 1) + text.slice(lineEnd + 1 || text.length);
}

function pairsOf(document: Document, section: string): readonly Pair[] {
  const map = document.get(section, true);
  return isMap(map) && map.flow !== true ? map.items : [];
}

const startOf = (node: unknown): number | undefined =>
  isScalar(node) ? node.range?.[0] : undefined;
