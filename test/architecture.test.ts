import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';

const src = join(import.meta.dirname, '..', 'src');

const parts = [
  ...['tunnel', 'relay', 'archive', 'spool', 'storage'],
  ...['ledger', 'alert', 'camera', 'gateway', 'console'],
];

/**
 * Each folder, and the folders that it may import from; `lib` is open to all. A folder in `typesOf`
 * may be named in `import type` only: a stage knows what the stage before it hands over, never its
 * insides.
 */
const table: Readonly<
  Record<string, { readonly imports?: readonly string[]; readonly typesOf?: readonly string[] }>
> = {
  lib: {},
  tunnel: {},
  relay: { typesOf: ['tunnel'] },
  archive: { typesOf: ['relay', 'spool'] },
  spool: { typesOf: ['archive'] },
  storage: { typesOf: ['spool'] },
  ledger: { typesOf: ['spool', 'storage'] },
  alert: { typesOf: ['ledger'] },
  provision: {},
  // What alerts are to be sent by is checked as they do it: addresses and templates.
  config: { imports: ['alert'] },
  camera: { imports: ['tunnel', 'relay', 'archive'], typesOf: ['spool'] },
  gateway: {},
  console: { imports: ['ledger', 'camera'], typesOf: ['gateway', 'alert', 'spool', 'storage'] },
  // Looks at each part from outside, whether the daemon runs or not.
  doctor: { imports: ['config', 'relay', 'storage', 'ledger'], typesOf: ['console'] },
  cli: {
    imports: ['config', 'provision', 'doctor', 'daemon.ts', 'recovery.ts'],
    typesOf: ['console', 'camera', 'ledger'],
  },
  'recovery.ts': { imports: ['spool', 'storage', 'ledger'] },
  // Only these know all the parts: one builds them, the others say what they are to each other.
  'daemon.ts': {
    imports: [...parts, 'wiring.ts', 'alerting.ts', 'browsing.ts', 'reload.ts'],
    typesOf: ['config'],
  },
  'browsing.ts': { imports: [...parts, 'wiring.ts'], typesOf: ['config'] },
  'alerting.ts': { imports: ['alert'], typesOf: [...parts, 'config'] },
  'wiring.ts': { imports: parts, typesOf: ['config'] },
  'reload.ts': { typesOf: ['config', 'console'] },
};

const folderOf = (path: string): string => relative(src, path).split('/')[0] ?? '';

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);

describe('the import table', () => {
  for (const file of files) {
    it(`holds for ${file}`, () => {
      const path = join(src, file);
      const own = folderOf(path);
      const rules = table[own];
      assert.ok(rules, `add "${own}" to the table`);
      const statements = readFileSync(path, 'utf8').matchAll(
        /^(?:import|export)\s+(type\s)?[^;]*?from\s+'(\.[^']+)'/gm,
      );
      for (const [statement, typeOnly, target = ''] of statements) {
        const folder = folderOf(join(dirname(path), target));
        if (folder === own || folder === 'lib') continue;
        const allowed = [
          ...(rules.imports ?? []),
          ...(typeOnly === undefined ? [] : (rules.typesOf ?? [])),
        ];
        assert.ok(allowed.includes(folder), `${own} may not have: ${statement}`);
      }
      for (const [, target = ''] of readFileSync(path, 'utf8').matchAll(/import\('(\.[^']+)'\)/g)) {
        const folder = folderOf(join(dirname(path), target));
        if (folder === own || folder === 'lib') continue;
        assert.ok(rules.imports?.includes(folder), `${own} may not have, late: ${target}`);
      }
    });
  }
});

describe('the layout', () => {
  it('has a folder or a file in the table for all that is in src', () => {
    assert.deepEqual(
      [...new Set(files.map((file) => file.split('/')[0] ?? ''))].filter((top) => !(top in table)),
      [],
    );
  });
});
