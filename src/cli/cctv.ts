// This file and its static imports must run on an old Node.js to refuse it, and must stay small, since
// they load before the compile cache is on.
import { cacheCompiledCode } from './compile-cache.ts';
import { refuseOldNode } from './node-version.ts';

refuseOldNode('cctv');
cacheCompiledCode();
const { runCctv } = await import('./cctv-program.ts');
process.exitCode = await runCctv(process.argv);
