// Nothing here or in what it imports may need a new Node.js, or keep code from being cached.
import { cacheCompiledCode } from './compile-cache.ts';
import { refuseOldNode } from './node-version.ts';

refuseOldNode('cctvd');
cacheCompiledCode();
const { runCctvd } = await import('./cctvd-program.ts');
process.exitCode = await runCctvd(process.argv);
