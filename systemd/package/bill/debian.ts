import type { Component } from './component.ts';
import { elfFiles } from './elf.ts';

/**
 * What the libraries of a source package are under, by what its copyright file says. Those files are for
 * people: none says it of the libraries alone, and some not in a form for programs.
 */
const licences: Readonly<Record<string, string>> = {
  glibc: 'LGPL-2.1-or-later',
  'gcc-N': 'GPL-3.0-or-later WITH GCC-exception-3.1',
  liblivemedia: 'LGPL-3.0-or-later',
  libzstd: 'BSD-3-Clause OR GPL-2.0-only',
  openssl: 'Apache-2.0',
  zlib: 'Zlib',
};

/** A package of a distribution. */
interface Origin {
  /** `debian`, or what the machine that built ours is. */
  readonly vendor: string;
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  readonly source: string;
  readonly sourceVersion: string;
}

/**
 * The packages that the files in `directory` are from, each with its files.
 *
 * @param origins a line for each file: its name, then what {@link Origin} has, with tabs between
 */
export function debianComponents(tree: string, directory: string, origins: string): Component[] {
  const found = new Map<string, { readonly origin: Origin; readonly files: string[] }>();
  for (const line of origins.trim().split('\n')) {
    const [file = '', vendor = '', name = '', version = '', ...more] = line.split('\t');
    const [architecture = '', source = '', sourceVersion = ''] = more;
    const origin = { vendor, name, version, architecture, source, sourceVersion };
    const entry = found.get(name) ?? { origin, files: [] };
    entry.files.push(`${directory}/${file}`);
    found.set(name, entry);
  }
  return [...found.values()]
    .sort((one, other) => (one.origin.name < other.origin.name ? -1 : 1))
    .map(({ origin, files }) => component(tree, origin, files));
}

function component(tree: string, origin: Origin, files: readonly string[]): Component {
  const { vendor, name, version, architecture, source, sourceVersion } = origin;
  const expression = licences[source.replace(/^gcc-\d+$/, 'gcc-N')];
  if (expression === undefined) {
    throw new Error(
      `It is not known what the source package ${source} of ${name} is licensed under: read usr/share/doc/${name}/copyright, and add it to systemd/package/bill/debian.ts.`,
    );
  }
  const quoted = encodeURIComponent;
  const purl = `pkg:deb/${vendor}/${quoted(name)}@${quoted(version)}?arch=${architecture}&upstream=${quoted(`${source}@${sourceVersion}`)}`;
  return {
    type: files.some((file) => file.endsWith('/live555ProxyServer')) ? 'application' : 'library',
    'bom-ref': purl,
    name,
    version,
    licenses: [{ expression }],
    purl,
    externalReferences: [{ type: 'source-distribution', url: sourceOf(origin) }],
    components: elfFiles(tree, files),
    properties: [
      { name: 'debian:source', value: source },
      { name: 'debian:source-version', value: sourceVersion },
    ],
  };
}

/** Where a version of a source package stays to be had. */
const sourceOf = ({ vendor, source, sourceVersion }: Origin): string =>
  vendor === 'ubuntu'
    ? `https://launchpad.net/ubuntu/+source/${source}/${encodeURIComponent(sourceVersion)}`
    : `https://snapshot.debian.org/package/${source}/${encodeURIComponent(sourceVersion)}/`;
