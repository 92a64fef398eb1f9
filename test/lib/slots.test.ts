import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HttpError } from '../../src/lib/http-error.ts';
import { Slots } from '../../src/lib/slots.ts';

describe('slots', () => {
  it('hand the slot that is given back to the one that waits longest, once', async () => {
    const slots = new Slots(1, 2);
    const first = await slots.enter();
    const order: number[] = [];
    const waiting = [1, 2].map(async (n) => {
      using _slot = await slots.enter();
      order.push(n);
    });
    await assert.rejects(slots.enter(), HttpError);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    await Promise.all(waiting);
    assert.deepEqual(order, [1, 2]);
    using _again = await slots.enter();
  });

  it('are not waited for any longer when the signal aborts', async () => {
    const slots = new Slots(1, 1);
    const first = await slots.enter();
    const life = new AbortController();
    const waiting = slots.enter(life.signal);
    life.abort(new Error('gone'));
    await assert.rejects(waiting, /gone/);
    const next = slots.enter();
    first[Symbol.dispose]();
    using _next = await next;
  });
});
