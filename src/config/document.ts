import {
  type Document,
  isCollection,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  parseDocument,
} from 'yaml';
import { describeError } from '../lib/errors.ts';
import { yamlProblems } from './yaml-problems.ts';

export type Path = readonly PropertyKey[];

/** A parsed YAML file that knows the line of each option. */
export interface ConfigDocument {
  readonly value: unknown;
  /** YAML syntax problems. If there are any, `value` is undefined. */
  readonly problems: readonly string[];
  /** The line of the option at `path`, or of the nearest section around it; undefined at the top. */
  lineOf(path: Path): number | undefined;
  /** The value at `path`, for display; undefined if there is none. */
  at(path: Path): unknown;
}

export function parseConfigDocument(source: string): ConfigDocument {
  const lines = new LineCounter();
  const document = parseDocument(source, { lineCounter: lines });
  const problems = yamlProblems(document, source, lines);
  const value: unknown = problems.length === 0 ? valueOf(document, problems) : undefined;
  return {
    value,
    problems,
    lineOf: (path) => {
      for (let length = path.length; length > 0; length -= 1) {
        const offset = offsetOf(document, path.slice(0, length));
        if (offset !== undefined) return lines.linePos(offset).line;
      }
      return undefined;
    },
    at: (path) =>
      path.reduce<unknown>(
        (parent, key) =>
          typeof parent === 'object' && parent !== null ? Reflect.get(parent, key) : undefined,
        value,
      ),
  };
}

/** Adds a problem if the file's aliases would expand to a huge value. */
function valueOf(document: Document, problems: string[]): unknown {
  try {
    return withoutEmpty(document.toJS());
  } catch (error) {
    problems.push(`the file refers to parts of itself too often: ${describeError(error)}`);
    return undefined;
  }
}

function offsetOf(document: Document, path: Path): number | undefined {
  const parent: unknown =
    path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (isMap(parent)) {
    const pair = parent.items.find(({ key: name }) => isScalar(name) && name.value === key);
    return isNode(pair?.key) ? pair.key.range?.[0] : undefined;
  }
  const node: unknown = isCollection(parent) ? parent.get(key, true) : undefined;
  return isNode(node) ? node.range?.[0] : undefined;
}

// A section such as `tunnel:` with all its options commented out parses as null, but means the defaults.
function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutEmpty(item)]));
}
