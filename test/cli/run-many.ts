// Runs many command lines of one of our programs in one process, one after the other:
//
//   node run-many.ts PROGRAM-program.ts <COMMAND-LINES
//
// Reads an array of arrays of words as JSON, and prints for each what it ended with and what it said.
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';
import { runProgram } from '../../src/cli/run-program.ts';
import type { Run } from './run.ts';

const [file = ''] = process.argv.slice(2);
const { describeProgram } = (await import(file)) as { describeProgram: () => Promise<Command> };
const lines = JSON.parse(await text(process.stdin)) as string[][];

// Each run listens to it, and forgets to stop as it would end.
process.stdout.setMaxListeners(0);
const write = process.stdout.write.bind(process.stdout);
const said = { stdout: '', stderr: '' };
const listenTo = (name: 'stdout' | 'stderr'): void => {
  process[name].write = (chunk: string | Uint8Array): boolean => {
    said[name] += String(chunk);
    return true;
  };
};
listenTo('stdout');
listenTo('stderr');

const runs: Run[] = [];
for (const words of lines) {
  said.stdout = '';
  said.stderr = '';
  process.exitCode = undefined;
  const code = await runProgram(await describeProgram(), ['node', 'program', ...words]);
  runs.push({ code, ...said });
}
process.exitCode = undefined;
write(JSON.stringify(runs));
