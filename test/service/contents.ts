import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';

interface Component {
  readonly name: string;
  readonly version?: string;
  readonly licenses?: readonly { readonly expression: string }[];
  readonly purl?: string;
  readonly externalReferences?: readonly { readonly type: string; readonly url: string }[];
  readonly components?: readonly Component[];
}

const library = 'usr/lib/sapiengraph-cctv';
const checkout = join(import.meta.dirname, '../..');

/** What lies in the package. @param treeOf where it is unpacked, once it was built */
export function itHasAllItNeeds(treeOf: () => string): void {
  describe('its contents', () => {
    it('lie below /usr and /etc alone: /lib, /bin and /sbin are links that nothing may replace', () => {
      assert.deepEqual(globSync('*', { cwd: treeOf() }).sort(), ['etc', 'usr']);
      assert.ok(globSync('usr/lib/systemd/system/*.service', { cwd: treeOf() }).length === 1);
    });

    it('are the alert rules and the dashboard too, apart from the documentation, and the README', async () => {
      const share = join(treeOf(), 'usr/share/sapiengraph-cctv');
      await execa('promtool', ['check', 'rules', join(share, 'prometheus-alerts.yaml')]);
      const dashboard = readFileSync(join(share, 'grafana-dashboard.json'), 'utf8');
      assert.ok((JSON.parse(dashboard) as { panels: unknown[] }).panels.length > 0);
      const doc = join(treeOf(), 'usr/share/doc/sapiengraph-cctv');
      for (const name of ['README.md', 'CHANGELOG.md']) {
        // As debhelper has it: what is long is compressed.
        const packed = globSync(join(doc, `${name}.gz`)).length > 0;
        const bytes = readFileSync(join(doc, packed ? `${name}.gz` : name));
        assert.equal(
          (packed ? gunzipSync(bytes) : bytes).toString(),
          readFileSync(join(checkout, name), 'utf8'),
        );
      }
    });

    it('are named in the bill of materials, each with version and licence', () => {
      const components = billOf(treeOf());
      for (const { name, version, licenses } of components) {
        assert.ok(version !== undefined && version !== '', name);
        assert.match(licenses?.[0]?.expression ?? '', /^[A-Z0-9]/, name);
      }
      const billed = components.flatMap(({ name, components: files = [] }) => [
        name,
        ...files.map((file) => file.name),
      ]);
      const elves = elfFiles(treeOf());
      assert.ok(elves.length > 15, `only ${elves.length} files in machine code`);
      assert.deepEqual(
        elves.filter((file) => !billed.includes(file)),
        [],
      );
      const modules = npmPackages(treeOf());
      assert.ok(modules.length > 100, `only ${modules.length} npm packages`);
      const purls = new Set(components.map(({ purl }) => purl));
      assert.deepEqual(
        modules.filter((purl) => !purls.has(purl)),
        [],
      );
      // Bundled into the page.
      for (const name of ['preact', 'hls.js']) {
        const [bundled] = components.filter((one) => one.name === name);
        assert.ok(bundled !== undefined && purls.has(`pkg:npm/${name}@${bundled.version}`), name);
      }
    });

    it('are named with the source of live555 and the terms of each library beside it', () => {
      const components = billOf(treeOf());
      const live555 = components.filter(({ components: files = [] }) =>
        files.some(({ name }) => name.includes('/live555/')),
      );
      assert.ok(live555.length > 5);
      for (const { name, externalReferences } of live555) {
        const source = externalReferences?.find(({ type }) => type === 'source-distribution');
        assert.match(source?.url ?? '', /^https:\/\/.*\/[\w.+-]+\/[^/]+\/?$/, name);
        const doc = join(treeOf(), 'usr/share/doc/sapiengraph-cctv/live555');
        assert.equal(globSync(join(doc, `${name}.copyright{,.gz}`)).length, 1, name);
      }
      const server = live555.find(({ components: files = [] }) =>
        files.some(({ name }) => name.endsWith('/live555ProxyServer')),
      );
      assert.match(server?.licenses?.[0]?.expression ?? '', /^LGPL/);
    });
  });
}

const billOf = (tree: string): readonly Component[] =>
  (
    JSON.parse(
      readFileSync(join(tree, 'usr/share/doc/sapiengraph-cctv/sbom.cdx.json'), 'utf8'),
    ) as { readonly components: readonly Component[] }
  ).components;

const elfMagic = '\u007fELF';

function elfFiles(tree: string): string[] {
  return globSync('**/*', { cwd: tree, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).subarray(0, elfMagic.length).toString() === elfMagic)
    .map((file) => file.slice(tree.length));
}

/** As package URLs. */
function npmPackages(tree: string): string[] {
  return globSync(`${library}/**/node_modules/{*,@*/*}/package.json`, { cwd: tree }).map((file) => {
    const { name, version } = JSON.parse(readFileSync(join(tree, file), 'utf8')) as {
      readonly name: string;
      readonly version: string;
    };
    return `pkg:npm/${name.replace('@', '%40')}@${version}`;
  });
}
