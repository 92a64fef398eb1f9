import { once } from 'node:events';
import type { Command } from 'commander';
import type { Problem, VerifyEvent } from '../../contract/verify.ts';
import { OperatorError } from '../../lib/errors.ts';
import { clientOf, readAccountName, refuseUnknownAccount } from '../context.ts';
import { exitCodes, UsageError } from '../errors.ts';
import { harmlessJson } from '../plain.ts';
import { problemLine, progressLine, sumLines } from '../screens/verify-screen.ts';
import { parseTime, timeFormats } from '../times.ts';

interface VerifyFlags {
  readonly account?: string;
  readonly from?: string;
  readonly to?: string;
  readonly deep?: true;
  readonly json?: true;
}

type LastEvent = Extract<VerifyEvent, { type: 'sums' }>;

export function addVerifyCommand(command: Command): void {
  command
    .description('hold the bucket against the ledger: is all footage there, and unchanged?')
    .option('--account <name>', 'this account alone')
    .option('--from <time>', `footage from when: ${timeFormats} (default: the first)`)
    .option('--to <time>', 'until when, likewise (default: now)')
    .option('--deep', 'read every object and hash it: all that footage passes over the network')
    .option('--json', 'print JSON, a line for each problem and one for the sums')
    .action(async (options: VerifyFlags) => {
      const nowMs = Date.now();
      const from = options.from === undefined ? 0 : parseTime(options.from, nowMs);
      // No upper limit: by a camera's clock, segments may start in the future.
      const to = options.to === undefined ? Number.MAX_SAFE_INTEGER : parseTime(options.to, nowMs);
      if (from >= to) throw new UsageError('--from must be before --to.');
      const { account, deep = false, json = false } = options;
      if (account !== undefined) readAccountName(account);
      const query = { account, from, to, deep: String(deep) };
      const client = clientOf(command);
      const events = client.lines('/verify', 'VerifyEvent', query);
      const screen = json ? jsonScreen : peopleScreen(deep);
      const sums = await follow(events, screen);
      if (account !== undefined && sums.cameras === 0) await refuseUnknownAccount(client, account);
      const isGood = Object.values(sums.problems).every((n) => n === 0);
      process.exitCode = isGood ? exitCodes.done : exitCodes.failed;
    });
}

interface Screen {
  readonly problem: (problem: Problem) => string;
  readonly progress: (event: Extract<VerifyEvent, { type: 'progress' }>) => void;
  readonly sums: (sums: LastEvent) => string;
}

const jsonScreen: Screen = {
  problem: (problem) => harmlessJson(JSON.stringify(problem)),
  progress: () => {},
  sums: (sums) => harmlessJson(JSON.stringify(sums)),
};

const peopleScreen = (deep: boolean): Screen => ({
  problem: problemLine,
  progress: (event) => {
    // The line overwrites itself on a terminal; in a file or a pipe it would repeat.
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${progressLine(event)}`);
  },
  sums: (sums) => sumLines(sums, deep).join('\n'),
});

async function follow(events: AsyncIterable<VerifyEvent>, screen: Screen): Promise<LastEvent> {
  const clear = process.stderr.isTTY ? '\r\u001b[K' : '';
  try {
    for await (const event of events) {
      if (event.type === 'progress') screen.progress(event);
      else if (event.type === 'failed') {
        throw new OperatorError(`The bucket could not be verified to the end: ${event.error}`);
      } else {
        process.stderr.write(clear);
        await write(`${event.type === 'sums' ? screen.sums(event) : problemOf(event, screen)}\n`);
        if (event.type === 'sums') return event;
      }
    }
  } finally {
    process.stderr.write(clear);
  }
  throw new OperatorError('The daemon hung up before all was verified: is it stopping?');
}

const problemOf = (
  { kind, key, detail }: Extract<VerifyEvent, { type: 'problem' }>,
  screen: Screen,
): string => screen.problem({ kind, key, detail });

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text) && process.stdout.writable) await once(process.stdout, 'drain');
}
