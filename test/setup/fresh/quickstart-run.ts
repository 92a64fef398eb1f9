import assert from 'node:assert/strict';
import { it } from 'node:test';
import { FreshMachine, type MachineOptions, type User } from './machine.ts';

export interface RunOptions {
  readonly user: User;
  readonly terminal?: boolean;
  readonly args?: readonly string[];
}

/** Far beyond what it takes on a machine that is busy with other things, too. */
const firstObjectMs = 20 * 60_000;
const endsWithinMs = 20_000;

export function itShowsAll(name: string, machine: MachineOptions, run: RunOptions): void {
  it(name, async (test) => {
    await using fresh = await FreshMachine.make(machine);
    const seconds = await showsAll(fresh, run);
    test.diagnostic(`first object after ${seconds.toFixed(0)} s`);
  });
}

/**
 * Runs bin/quickstart until the first footage is in the bucket and its owner has logged in to the page, and ends it with
 * Ctrl-C.
 *
 * @returns seconds until the first footage was in the bucket
 */
export async function showsAll(
  machine: FreshMachine,
  { user, terminal = false, args = [] }: RunOptions,
): Promise<number> {
  await using command = machine.start(user, ['bin/quickstart', ...args], terminal);
  await command.line(/stored: trial\/clock\/\S+\.mp4/, firstObjectMs);
  const { seconds } = command;
  const [, page = '', password = ''] = await command.line(
    /the page +(http:\/\/127\.0\.0\.1:\d+\/) +\(account trial, user trial, password (\S+)\)/,
    30_000,
  );
  await logIn(page, password);
  command.pressCtrlC();
  assert.equal(await command.ended(endsWithinMs), 0, command.lines.slice(-20).join('\n'));
  return seconds;
}

async function logIn(page: string, password: string): Promise<void> {
  const html = await fetch(page, { signal: AbortSignal.timeout(30_000) });
  assert.match(await html.text(), /<title>Cameras<\/title>/);
  const login = await fetch(new URL('/api/login', page), {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(page).origin },
    body: JSON.stringify({ account: 'trial', user: 'trial', password }),
    signal: AbortSignal.timeout(30_000),
  });
  assert.equal(login.status, 204, await login.text());
}
