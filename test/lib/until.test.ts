import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Scope } from '../../src/lib/scope.ts';
import { TimeoutError, within } from '../../src/lib/until.ts';

describe('within', () => {
  it('gives the result of a task that is in time', async () => {
    assert.equal(await within(1_000, 'it', new AbortController().signal, async () => 7), 7);
  });

  it('rejects in time even if the task ignores its signal', async () => {
    await assert.rejects(
      within(20, 'the answer', new AbortController().signal, () => new Promise(() => {})),
      (error: Error) =>
        error instanceof TimeoutError && error.message === 'the answer took longer than 0.02 s',
    );
  });

  it('rejects with the reason of the parent', async () => {
    const parent = new AbortController();
    setTimeout(() => parent.abort(new Error('closing')), 10);
    await assert.rejects(
      within(60_000, 'it', parent.signal, () => new Promise(() => {})),
      /closing/,
    );
  });
});

describe('a scope', () => {
  it('ends with any of its parents, with the reason', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    using scope = new Scope(a.signal, b.signal);
    b.abort('why');
    assert.equal(scope.signal.reason, 'why');
  });

  it('has ended when its block is left, and its parents have not', () => {
    const parent = new AbortController();
    let inner: AbortSignal;
    {
      using scope = new Scope(parent.signal);
      inner = scope.signal;
    }
    assert.ok(inner.aborted);
    assert.ok(!parent.signal.aborted);
  });
});
