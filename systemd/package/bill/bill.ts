// Writes the bill of materials of the package (CycloneDX 1.6, JSON) to standard output: all that it brings
// along which others made, with version, licence and source.
//
//   node bill.ts TREE ORIGINS LOCK
//
// TREE is the package's finished tree. ORIGINS says of which package each file beside live555ProxyServer is, as
// debianComponents() reads it. LOCK is package-lock.json.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { debianComponents } from './debian.ts';
import { elfFiles } from './elf.ts';
import { nodeComponent } from './node.ts';
import { bundledComponents, npmComponents } from './npm.ts';
import type { Component } from './component.ts';

const library = 'usr/lib/sapiengraph-cctv';
const [tree = '.', origins = '', lock = ''] = process.argv.slice(2);

const { name, version, license } = JSON.parse(
  readFileSync(join(tree, library, 'package.json'), 'utf8'),
) as { readonly name: string; readonly version: string; readonly license: string };

const own: Component = {
  type: 'application',
  'bom-ref': `${name}@${version}`,
  name,
  version,
  licenses: [{ expression: license }],
};
const components = [
  nodeComponent(tree, `${library}/node/bin/node`),
  ...debianComponents(tree, `${library}/live555`, readFileSync(origins, 'utf8')),
  ...npmComponents(tree, library, lock),
  ...bundledComponents(join(tree, library, 'dist/page/licenses.json'), lock),
  // What is our own, and compiled.
  ...elfFiles(tree, ['notify.node', 'loopback-only.so'].map((file) => `${library}/${file}`)).map(
    (file): Component => Object.assign(file, { version, licenses: own.licenses }),
  ),
];

const hash = createHash('sha256').update(JSON.stringify([own, components])).digest('hex');
const seconds = Number(process.env['SOURCE_DATE_EPOCH']);
process.stdout.write(
  `${JSON.stringify(
    {
      $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      // The same for the same contents, as the package is the same, byte for byte.
      serialNumber: `urn:uuid:${hash.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-8$3-8$4-$5')}`,
      version: 1,
      metadata: {
        timestamp: new Date(seconds * 1_000).toISOString(),
        lifecycles: [{ phase: 'build' }],
        component: own,
      },
      components,
      dependencies: [{ ref: own['bom-ref'], dependsOn: components.map((one) => one['bom-ref']) }],
    },
    undefined,
    1,
  )}\n`,
);
