// Nothing here or in what it imports may need a new Node.js, or keep code from being cached.
import { cacheCompiledCode } from './compile-cache.ts';
import { refuseOldNode } from './node-version.ts';

refuseOldNode('cctv');
cacheCompiledCode();
const { runCctv } = await import('./cctv-program.ts');
process.exitCode = await runCctv(process.argv);
