import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const source = join(import.meta.dirname, '../../src');
const built = join(import.meta.dirname, '../../dist/page/index.html');

/** Builds the page, unless it was built after its last change. A daemon run from source serves it, too. */
export async function buildPage(): Promise<void> {
  const changedMs = ['page', 'lib']
    .flatMap((folder) =>
      readdirSync(join(source, folder), { recursive: true, withFileTypes: true }),
    )
    .map((file) => statSync(join(file.parentPath, file.name)).mtimeMs)
    .reduce((one, other) => Math.max(one, other));
  const builtMs = statSync(built, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (changedMs <= builtMs) return;
  const { build } = await import('vite');
  await build({ configFile: join(source, 'page/vite.config.ts') });
}
