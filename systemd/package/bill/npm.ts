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

/** Each npm package that is in `tree`, wherever it lies there. */
export function npmComponents(tree: string, library: string, lock: string): Component[] {
  const { packages } = JSON.parse(readFileSync(lock, 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly integrity?: string }>>;
  };
  const base = join(tree, library);
  return Object.entries(packages)
    .filter(([path]) => path !== '' && globSync(join(base, path, 'package.json')).length > 0)
    .map(([path, { integrity }]) => {
      const manifest = JSON.parse(readFileSync(join(base, path, 'package.json'), 'utf8')) as Manifest;
      const files = globSync(`${path}/**/*.node`, { cwd: base }).filter(
        // What lies in a package within this one is that one's.
        (file) => !file.slice(path.length).includes('/node_modules/'),
      );
      return npmComponent(path, manifest, integrity, {
        components: elfFiles(tree, files.map((file) => `${library}/${file}`)),
      });
    });
}

function npmComponent(
  path: string,
  manifest: Manifest,
  integrity: string | undefined,
  { components }: { readonly components: readonly Component[] },
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
        ...(content === '' ? {} : { hashes: [{ alg: 'SHA-512', content }] }),
      },
    ],
    ...(components.length === 0 ? {} : { components }),
  };
}

function licenseOf({ name, license, licenses = [] }: Manifest): string {
  const expression = license ?? licenses.map(({ type }) => type).join(' OR ');
  if (/^[\w.+() -]+$/.test(expression) && !/^(?:UNLICENSED|SEE LICENSE)/.test(expression)) {
    return expression;
  }
  throw new Error(`The npm package ${name} does not say in its package.json which licence it has.`);
}
