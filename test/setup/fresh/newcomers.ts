import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { FreshMachine } from './machine.ts';
import { itShowsAll, showsAll } from './quickstart-run.ts';

// What newcomers' machines are like, beside the one of first-run.ts.

describe('bin/quickstart on a bare Debian', () => {
  itShowsAll('12, as root', { suite: 'bookworm' }, { user: 'root' });

  it('13, as a user with sudo, in a path with blanks and umlauts, twice', async (test) => {
    await using machine = await FreshMachine.make({
      suite: 'trixie',
      folder: `Käse & Brot für Jürgen's Läden`,
    });
    const run = { user: 'someone', terminal: true } as const;
    test.diagnostic(`first object after ${(await showsAll(machine, run)).toFixed(0)} s`);
    test.diagnostic(`and again after ${(await showsAll(machine, run)).toFixed(0)} s`);
  });

  it('12, as a user with sudo, with all of its usual ports taken', async (test) => {
    await using taken = new AsyncDisposableStack();
    for (const port of [2222, 9000, 8080, 8554]) {
      const server = createServer().listen(port, '0.0.0.0');
      // Somebody else's will do.
      await Promise.race([once(server, 'listening'), once(server, 'error')]).catch(() => {});
      taken.defer(() => void server.close());
    }
    await using machine = await FreshMachine.make({ suite: 'bookworm' });
    const seconds = await showsAll(machine, { user: 'someone' });
    test.diagnostic(`first object after ${seconds.toFixed(0)} s`);
  });

  it('13, after Ctrl-C at several moments of earlier runs', async (test) => {
    await using machine = await FreshMachine.make({ suite: 'trixie' });
    const run = { user: 'someone', terminal: true } as const;
    // Early ones fall into apt, then Node, npm, the tree of Debian's packages, the build and the first recording.
    for (const seconds of [1, 4, 9, 15, 22, 30, 20, 12, 25, 14]) {
      await using command = machine.start(run.user, ['bin/quickstart'], true);
      await delay(seconds * 1_000);
      const said = command.lines.at(-1) ?? 'nothing';
      command.pressCtrlC();
      // What apt unpacks is finished first.
      const code = await command.ended(180_000);
      const text = command.lines.join('\n');
      assert.ok(code === 130 || code === 0, `after ${seconds} s: exit code ${code}\n${text}`);
      assert.doesNotMatch(text, /^ +at .*:\d+:\d+/m, text);
      test.diagnostic(`Ctrl-C after ${seconds} s, when it had said "${said.trim()}"`);
    }
    test.diagnostic(`first object after ${(await showsAll(machine, run)).toFixed(0)} s`);
  });
});
