import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

const checkout = join(import.meta.dirname, '..');

/** What may lie at the root: the folders of the project, and what tools look for there. */
const root = [
  '.ci',
  '.gitignore',
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'package-lock.json',
  'package.json',
  'tsconfig.json',
  'bin',
  'firmware',
  'src',
  'systemd',
  'test',
];

/** What a folder is for, by the names that may lie in it. The parts of src are in architecture.test.ts. */
const folders: Readonly<Record<string, RegExp>> = {
  '.ci': /^run$/,
  bin: /^(cctv|cctvd|quickstart|test|tools)$/,
  firmware: /^(README\.md|LAYOUT|common|dafang|generic|thingino)$/,
  src: /^(README\.md|[a-z]+)$/,
  systemd: /^(README\.md|page\.jpg|package|[a-z.-]+\.(service|yaml|json|md|conf))$/,
  test: /^(README\.md|[a-z]+(-[a-z]+)*|[a-z-]+(\.test)?\.ts|lint\.json|tsconfig\.json)$/,
};

/** Every name below it: kebab-case, or one that a tool or a camera's firmware asks for. */
const name =
  /^(@?[a-z0-9]+([-.][a-z0-9]+)*(@\.service)?|[A-Z]+(\.md)?|S95sapiengraph|ntp_srv\.conf|[a-z0-9_.-]+\.(sh|c|py))$/;

/** What is committed, and what would be: git leaves out what .gitignore names. */
const files = execFileSync(
  'git',
  ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
  { cwd: checkout, encoding: 'utf8' },
)
  .split('\0')
  .filter((file) => file !== '');

describe('the layout of the checkout', () => {
  it('has nothing at the root that is not named here', () => {
    const found = new Set(files.map((file) => file.split('/')[0]));
    assert.deepEqual(found, new Set(root));
  });

  for (const [folder, allowed] of Object.entries(folders)) {
    it(`has nothing in ${folder}/ that does not belong there`, () => {
      const entries = files.flatMap((file) => {
        const [top, entry] = file.split('/');
        return top === folder && entry !== undefined ? [entry] : [];
      });
      assert.ok(entries.length > 0, `${folder} is empty`);
      assert.deepEqual(
        [...new Set(entries)].filter((entry) => !allowed.test(entry)),
        [],
      );
    });
  }

  it('has names that say what is in them', () => {
    const odd = files.filter((file) => {
      const words = file.split('/').slice(1);
      return words.some((word) => !name.test(word));
    });
    assert.deepEqual(odd, []);
  });
});
