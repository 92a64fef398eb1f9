import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { HttpError } from '../../src/lib/http-error.ts';
import { LoginLimit } from '../../src/web/login-limit.ts';
import { SlowChecks } from '../../src/web/slow-checks.ts';

const refused = (error: unknown): boolean => error instanceof HttpError && error.status === 429;

describe('the limit of log-ins', () => {
  it('keeps out who guesses from 50 networks at 1,000 a second, and nobody else', () => {
    const limit = new LoginLimit();
    limit.take('home', 'bach/anna', 0);
    limit.succeeded('home', 'bach/anna', 0);
    let guesses = 0;
    const seconds = 300;
    for (let tick = 0; tick < seconds * 1_000; tick += 1) {
      if (limit.take(`network ${tick % 50}`, 'bach/anna', tick) === 0) guesses += 1;
    }
    assert.ok(guesses <= 60 + seconds / 2, `${guesses} guesses`);
    const nowMs = seconds * 1_000;
    assert.equal(limit.take('home', 'bach/anna', nowMs), 0, 'she has logged in from there before');
    assert.equal(limit.take('elsewhere', 'bach/ben', nowMs), 0, 'another of the account');
    assert.equal(limit.take('elsewhere', '/olga', nowMs), 0, 'an operator');
  });

  it('says when to try again', () => {
    const limit = new LoginLimit({ pair: { burst: 2, everyMs: 1_000 } });
    assert.deepEqual(
      [0, 0, 500].map((ms) => limit.take('a', 'b', ms)),
      [0, 0, 500],
    );
    assert.equal(limit.take('a', 'b', 1_000), 0);
  });
});

describe('slow checks', () => {
  it('run two at a time and one of a network; who comes from 50 others waits for his turn', async () => {
    const checks = new SlowChecks();
    const running: (() => void)[] = [];
    let most = 0;
    const check = (): Promise<void> =>
      new Promise((resolve) => {
        running.push(resolve);
        most = Math.max(most, running.length);
      });
    let refusals = 0;
    const attempts = Array.from({ length: 500 }, (_, count) =>
      checks.run(`network ${count % 50}`, check).catch((error: unknown) => {
        assert.ok(refused(error));
        refusals += 1;
      }),
    );
    const honest = checks.run('home', check).then(() => 'let in');
    for (let count = 0; count < 51; count += 1) {
      await turn();
      running.shift()?.();
    }
    assert.equal(await honest, 'let in');
    await Promise.all(attempts);
    assert.equal(refusals, 450);
    assert.equal(most, 2);
  });

  it('are refused when too many wait', async () => {
    const checks = new SlowChecks();
    const ends: (() => void)[] = [];
    const check = (): Promise<void> => new Promise((resolve) => ends.push(resolve));
    const accepted = Array.from({ length: 52 }, (_, count) => checks.run(`${count}`, check));
    await assert.rejects(checks.run('one more', check), refused);
    for (let count = 0; count < 52; count += 1) {
      await turn();
      ends.shift()?.();
    }
    await Promise.all(accepted);
  });
});
