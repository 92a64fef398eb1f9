import {
  type Document,
  isAlias,
  isCollection,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type LineCounter,
  type Node,
  visit,
  type YAMLError,
} from 'yaml';

/** YAML problems of the file, at most one sentence per line: the line of the mistake, and what to do. */
export function yamlProblems(document: Document, source: string, lines: LineCounter): string[] {
  const text = new Text(source, lines);
  const found = new Map<number, string>();
  const places = new Set<number>();
  for (const error of [...document.errors, ...document.warnings]) {
    // The parser may report one place twice; the first report is the clearest.
    if (places.has(error.pos[0])) continue;
    places.add(error.pos[0]);
    const { line, sentence } = explain(error, document, text);
    // Later errors in the same line are consequences of the first.
    if (!found.has(line)) found.set(line, sentence);
  }
  for (const alias of unknownAliases(document)) {
    const line = text.lineOf(alias.range?.[0] ?? 0);
    found.set(
      line,
      `a value that begins with * refers to another part of the file, and there is none of that name: put it in quotes`,
    );
  }
  return [...found]
    .sort(([one], [other]) => one - other)
    .map(([line, sentence]) => `line ${line}: ${sentence}`);
}

/** The file's text, by line and by offset. */
class Text {
  readonly #lines: LineCounter;
  readonly #byLine: readonly string[];

  constructor(source: string, lines: LineCounter) {
    this.#lines = lines;
    this.#byLine = source.split(/\r?\n/);
  }

  lineOf(offset: number): number {
    return Math.max(1, this.#lines.linePos(offset).line);
  }

  columnOf(offset: number): number {
    return this.#lines.linePos(offset).col;
  }

  line(number: number): string {
    return this.#byLine[number - 1] ?? '';
  }
}

interface Explained {
  readonly line: number;
  readonly sentence: string;
}

function explain(error: YAMLError, document: Document, text: Text): Explained {
  const [at] = error.pos;
  const line = text.lineOf(at);
  const code: string = error.code;
  switch (code) {
    case 'DUPLICATE_KEY':
      return { line, sentence: explainTwice(at, document, text) };
    case 'MISSING_CHAR': {
      const opened = openQuote(at, document);
      if (opened === undefined) break;
      return {
        line: text.lineOf(opened.at),
        sentence: `the quotation mark ${opened.mark} is never closed`,
      };
    }
    case 'BAD_INDENT': {
      const opened = openBracket(at, document);
      if (opened !== undefined) {
        const { open, close } = opened;
        const sentence = `the ${open} is never closed with ${close}`;
        return { line: text.lineOf(opened.at), sentence };
      }
      const sentence =
        'it is indented otherwise than the options that it belongs to: they start in one column';
      return { line, sentence };
    }
    case 'TAB_AS_INDENT':
      return { line, sentence: 'it is indented with a tab: use blanks' };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return explainValue(line, text.columnOf(at), text);
    case 'MULTILINE_IMPLICIT_KEY':
      return { line, sentence: 'it has no colon: write OPTION: VALUE' };
    case 'MULTIPLE_DOCS':
      return { line, sentence: '--- begins a second file: a configuration is one' };
    case 'BAD_SCALAR_START':
      return {
        line,
        sentence: `a value can't begin with ${text.line(line).charAt(text.columnOf(at) - 1)}: put it in quotes`,
      };
    default:
      break;
  }
  const [said = ''] = error.message.split(/ at line \d|\n/);
  return { line, sentence: said.replace(/:$/, '') };
}

/** YAML took a value for an option with a value of its own. */
function explainValue(line: number, column: number, text: Text): Explained {
  if (/:\s/.test(text.line(line).slice(column - 1))) {
    return { line, sentence: 'its value has a colon and a blank in it: put the value in quotes' };
  }
  return {
    line: line + 1,
    sentence: `it is indented deeper than line ${line}, which has a value already`,
  };
}

function explainTwice(at: number, document: Document, text: Text): string {
  let sentence = 'an option stands twice';
  visit(document, {
    Map: (_key, map, ancestors) => {
      const second = map.items.find(({ key }) => isNode(key) && key.range?.[0] === at)?.key;
      if (!isScalar(second)) return undefined;
      const first = map.items.find(({ key }) => isScalar(key) && key.value === second.value)?.key;
      const names = ancestors.flatMap((one) =>
        isPair(one) && isScalar(one.key) ? [String(one.key.value)] : [],
      );
      const name = [...names, String(second.value)].join('.');
      const where = isNode(first) ? `, first in line ${text.lineOf(first.range?.[0] ?? 0)}` : '';
      sentence = `${name} stands twice${where}: make one of the two`;
      return visit.BREAK;
    },
  });
  return sentence;
}

/** The unclosed quoted text around the error at `at`. */
function openQuote(
  at: number,
  document: Document,
): { readonly at: number; readonly mark: string } | undefined {
  const open = last(
    document,
    at,
    (node) => isScalar(node) && (node.type ?? '').startsWith('QUOTE'),
  );
  if (open === undefined || !isScalar(open)) return undefined;
  return { at: open.range?.[0] ?? 0, mark: open.type === 'QUOTE_SINGLE' ? "'" : '"' };
}

/** The unclosed list or section in brackets around the error at `at`. */
function openBracket(
  at: number,
  document: Document,
): { readonly at: number; readonly open: string; readonly close: string } | undefined {
  const open = last(document, at, (node) => isCollection(node) && node.flow === true);
  if (open === undefined) return undefined;
  const isList = isSeq(open);
  return { at: open.range?.[0] ?? 0, open: isList ? '[' : '{', close: isList ? ']' : '}' };
}

/** The last node accepted by `isIt` that spans `at`. */
function last(document: Document, at: number, isIt: (node: Node) => boolean): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Node: (_key, node) => {
      const [start, , end] = node.range ?? [0, 0, 0];
      if (isIt(node) && start <= at && end >= at) found = node;
    },
  });
  return found;
}

function unknownAliases(document: Document): Node[] {
  const found: Node[] = [];
  visit(document, {
    Alias: (_key, node) => {
      if (isAlias(node) && node.resolve(document) === undefined) found.push(node);
    },
  });
  return found;
}
