import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const outDir = join(import.meta.dirname, '../../dist/page');

/** Compresses each file at build time, as the daemon only sends the compressed files. */
const compress: Plugin = {
  name: 'compress',
  async writeBundle({ dir = outDir }, bundle) {
    const files = Object.keys(bundle).filter((file) => /\.(js|css|html|svg)$/.test(file));
    await Promise.all(
      files.map(async (file) => {
        const path = join(dir, file);
        const bytes = await readFile(path);
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        await writeFile(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
        await writeFile(`${path}.gz`, await promisify(gzip)(bytes, { level: 9 }));
      }),
    );
  },
};

export default defineConfig({
  root: import.meta.dirname,
  publicDir: false,
  logLevel: 'warn',
  plugins: [compress],
  build: {
    outDir,
    emptyOutDir: true,
    // The oldest browsers with all features in use (AbortSignal.any, requestVideoFrameCallback, light-dark()).
    target: ['chrome123', 'firefox132', 'safari17.5'],
    // The page's policy forbids data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { checks: { pluginTimings: false } },
    // Input for the bill of materials; not served.
    license: { fileName: 'licenses.json' },
  },
});
