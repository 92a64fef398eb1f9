import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

// All benchmarks one after the other, or those that the command line names; tables in Markdown.

const all = ['gateway', 'tunnel', 'uploads', 'chain', 'density'];

const named = process.argv.slice(2);
const unknown = named.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  throw new Error(`no benchmark is called ${unknown.join(' or ')}; there are ${all.join(', ')}`);
}

for (const name of named.length > 0 ? named : all) {
  console.log(`\n### ${name}\n`);
  const program = join(import.meta.dirname, `${name}.ts`);
  const child = spawn(process.execPath, [program], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  // The others' figures are wanted all the same.
  if (code !== 0) process.exitCode = 1;
}
