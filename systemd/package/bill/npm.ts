import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Component } from './component.ts';
import { elfFiles } from './elf.ts';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  /** As it was written long ago. */
  readonly licenses?: readonly { readonly type: string }[];
}

/** The npm packages that Vite bundled into the page, which lie nowhere as files: `list` is its list of licences. */
export function bundledComponents(list: string, lock: string): Component[] {
  const bundled = JSON.parse(readFileSync(list, 'utf8')) as readonly {
    readonly name: string;
    readonly version: string;
    readonly identifier: string;
  }[];
  const packages = packagesOf(lock);
  return bundled.map(({ name, version, identifier: license }) =>
    npmComponent('dist/page', { name, version, license }, packages[`node_modules/${name}`]?.integrity, []),
  );
}

const packagesOf = (lock: string): Readonly<Record<string, { readonly integrity?: string }>> =>
  (JSON.parse(readFileSync(lock, 'utf8')) as { readonly packages: ReturnType<typeof packagesOf> })
    .packages;

/** Each npm package that is in `tree`, wherever it lies there. */
export function npmComponents(tree: string, library: string, lock: string): Component[] {
  const base = join(tree, library);
  return Object.entries(packagesOf(lock))
    .filter(([path]) => path !== '' && globSync(join(base, path, 'package.json')).length > 0)
    .map(([path, { integrity }]) => {
      const manifest = JSON.parse(readFileSync(join(base, path, 'package.json'), 'utf8')) as Manifest;
      const files = globSync(`${path}/**/*.node`, { cwd: base }).filter(
        // What lies in a package within this one is that one's.
        (file) => !file.slice(path.length).includes('/node_modules/'),
      );
      const programs = elfFiles(tree, files.map((file) => `${library}/${file}`));
      return npmComponent(path, manifest, integrity, programs);
    });
}

function npmComponent(
  path: string,
  manifest: Manifest,
  integrity: string | undefined,
  components: readonly Component[],
): Component {
  const { name, version } = manifest;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const sha512 = integrity?.startsWith('sha512-') === true ? integrity.slice('sha512-'.length) : '';
  const content = Buffer.from(sha512, 'base64').toString('hex');
  return {
    type: 'library',
    // The same package may lie in two places.
    'bom-ref': `${purl}#${path}`,
    name,
    version,
    licenses: [{ expression: licenseOf(manifest) }],
    purl,
    externalReferences: [
      {
        type: 'distribution',
        url: `https://registry.npmjs.org/${name}/-/${basename(name)}-${version}.tgz`,
        hashes: content === '' ? undefined : [{ alg: 'SHA-512', content }],
      },
    ],
    components: components.length === 0 ? undefined : components,
  };
}

function licenseOf({ name, license, licenses = [] }: Manifest): string {
  const expression = license ?? licenses.map(({ type }) => type).join(' OR ');
  if (/^[\w.+() -]+$/.test(expression) && !/^(?:UNLICENSED|SEE LICENSE)/.test(expression)) {
    return expression;
  }
  throw new Error(`The npm package ${name} does not say in its package.json which licence it has.`);
}
