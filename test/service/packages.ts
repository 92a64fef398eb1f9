import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

const build = join(import.meta.dirname, '../../systemd/package/build');

/** Builds the package into a directory, and returns its path. */
export async function buildPackage(directory: string): Promise<string> {
  await execa(build, [directory], { timeout: 300_000 });
  const [name = ''] = await readdir(directory);
  return join(directory, name);
}

/** The same package as another version: what a build would make of it, in a few seconds. */
export async function asVersion(deb: string, version: string, directory: string): Promise<string> {
  const tree = join(directory, 'tree');
  await mkdir(directory, { recursive: true });
  await execa('dpkg-deb', ['--raw-extract', deb, tree]);
  for (const [file, pattern] of [
    ['DEBIAN/control', /(?<=^Version: ).*$/m],
    ['usr/lib/sapiengraph-cctv/package.json', /(?<="version": ")[^"]*/],
  ] as const) {
    const path = join(tree, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(pattern, version));
  }
  const made = join(directory, `sapiengraph-cctv_${version}.deb`);
  await execa('dpkg-deb', ['--root-owner-group', '-Zzstd', '-z1', '--build', tree, made]);
  return made;
}
