import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, it } from 'node:test';

const src = join(import.meta.dirname, '..', 'src');

/** Nouns and tools for everybody: no folder needs a permission for these. */
const common = ['lib', 'model', 'contract'];

interface Rule {
  /** Folders of which it may use the code. */
  readonly imports?: readonly string[];
  /** Folders that it may name in `import type` only: what they hand over, never their insides. */
  readonly typesOf?: readonly string[];
}

/** Each folder of src, and what it may import besides `lib`, `model` and `contract`. */
const table: Readonly<Record<string, Rule>> = {
  lib: {},
  model: {},
  contract: {},
  media: {},
  tunnel: {},
  relay: { imports: ['media'] },
  stream: { imports: ['media'], typesOf: ['tunnel'] },
  archive: { imports: ['media'] },
  spool: {},
  storage: { typesOf: ['spool'] },
  continuity: {},
  ledger: { imports: ['continuity'] },
  catalog: { imports: ['ledger'], typesOf: ['storage'] },
  camera: { imports: ['tunnel', 'relay', 'stream', 'archive'], typesOf: ['media'] },
  gateway: { imports: ['media'] },
  live: { imports: ['media'] },
  footage: { imports: ['media', 'continuity'], typesOf: ['ledger', 'storage'] },
  alert: { typesOf: ['ledger'] },
  monitor: { typesOf: ['ledger'] },
  // How an endpoint is declared, checked and described, and the routes that both doors have.
  api: { typesOf: ['ledger', 'footage'] },
  // The operator's socket and the owners' page: two doors to the same parts.
  control: { imports: ['api', 'catalog', 'monitor'], typesOf: ['footage', 'gateway', 'ledger'] },
  web: { imports: ['api', 'continuity', 'footage', 'live'], typesOf: ['ledger'] },
  page: {},
  provision: {},
  // The addresses and templates of alerts are checked by the code that uses them.
  config: { imports: ['alert'] },
  // Looks at each part from outside, whether the daemon runs or not.
  doctor: { imports: ['config', 'relay', 'storage', 'ledger'] },
  // The only folder that knows all parts: it builds them.
  daemon: {
    imports: [
      'alert',
      'archive',
      'camera',
      'catalog',
      'config',
      'control',
      'footage',
      'gateway',
      'ledger',
      'live',
      'media',
      'monitor',
      'relay',
      'spool',
      'storage',
      'stream',
      'tunnel',
      'web',
    ],
  },
  // What it does without a daemon, it does with the same code: rebuild a ledger, try a bucket, make keys.
  cli: {
    imports: ['config', 'provision', 'doctor', 'daemon', 'catalog', 'spool', 'storage', 'tunnel'],
    typesOf: [],
  },
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  /\.tsx?$/.test(file),
);
const texts = new Map(files.map((file) => [file, readFileSync(join(src, file), 'utf8')]));
const folderOf = (file: string): string => file.split('/')[0] ?? '';

const imports: readonly Import[] = [...texts].flatMap(([from, text]) => [
  ...[...text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gm)].map(
    ([, type, target = '']) => ({
      from,
      to: join(dirname(from), target),
      typeOnly: type !== undefined,
    }),
  ),
  ...[...text.matchAll(/import\('(\.[^']+)'\)/g)].map(([, target = '']) => ({
    from,
    to: join(dirname(from), target),
    typeOnly: false,
  })),
]);

/** Imports between two folders that are not open to everybody. */
const crossing = imports.filter(
  ({ from, to }) => folderOf(from) !== folderOf(to) && !common.includes(folderOf(to)),
);

describe('the import table', () => {
  it('has each folder of src, and no other', () => {
    assert.deepEqual(new Set(files.map(folderOf)), new Set(Object.keys(table)));
  });

  for (const [folder, rule] of Object.entries(table)) {
    const own = crossing.filter(({ from }) => folderOf(from) === folder);

    it(`holds for ${folder}`, () => {
      const forbidden = own.filter(({ to, typeOnly }) => {
        const allowed = [...(rule.imports ?? []), ...(typeOnly ? (rule.typesOf ?? []) : [])];
        return !allowed.includes(folderOf(to));
      });
      assert.deepEqual(forbidden, []);
    });

    it(`gives ${folder} no permission that it doesn't use`, () => {
      const used = (target: string, code: boolean): boolean =>
        own.some(({ to, typeOnly }) => folderOf(to) === target && !(code && typeOnly));
      assert.deepEqual(
        [
          ...(rule.imports ?? []).filter((target) => !used(target, true)),
          ...(rule.typesOf ?? []).filter((target) => !used(target, false)),
        ],
        [],
      );
    });
  }

  it('keeps lib, model and contract free of the parts that use them', () => {
    const order = ['lib', 'model', 'contract'];
    const upwards = imports.filter(({ from, to }) => {
      const [own, target] = [order.indexOf(folderOf(from)), order.indexOf(folderOf(to))];
      return own !== -1 && (target === -1 || target > own);
    });
    assert.deepEqual(upwards, []);
  });

  it('has no circle, types included', () => {
    assert.deepEqual(circles(imports), []);
  });
});

describe('the source', () => {
  it('declares each type name once', () => {
    const declared = new Map<string, string[]>();
    for (const [file, text] of texts) {
      for (const [, name = ''] of text.matchAll(
        /^(?:export )?(?:declare )?(?:interface|type|(?:abstract )?class|enum) (\w+)/gm,
      )) {
        declared.set(name, [...(declared.get(name) ?? []), file]);
      }
    }
    assert.deepEqual(
      [...declared].filter(([, places]) => places.length > 1),
      [],
    );
  });

  it('consists of small modules', () => {
    const lines = [...texts]
      .map(([file, text]) => ({ file, lines: text.split('\n').length }))
      .sort((one, other) => one.lines - other.lines);
    assert.deepEqual(
      lines.filter((module) => module.lines > 400),
      [],
    );
    assert.ok((lines[Math.floor(lines.length / 2)]?.lines ?? 0) < 100, 'the median is under 100');
  });
});

/** Sets of modules that import each other, directly or round about (Tarjan's algorithm). */
function circles(edges: readonly Import[]): string[][] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): number => {
    const number = order.size;
    let low = number;
    order.set(file, number);
    stack.push(file);
    for (const { to } of next.get(file) ?? []) {
      if (!order.has(to)) low = Math.min(low, visit(to));
      else if (stack.includes(to)) low = Math.min(low, order.get(to) ?? low);
    }
    lowest.set(file, low);
    if (low === number) {
      const circle = stack.splice(stack.indexOf(file));
      if (circle.length > 1) found.push(circle);
    }
    return low;
  };
  for (const file of next.keys()) if (!order.has(file)) visit(file);
  return found;
}
