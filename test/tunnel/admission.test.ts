import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Admission } from '../../src/tunnel/admission.ts';

describe('admission', () => {
  const never = (): void => assert.fail('must not be evicted');

  it('bounds the connections of one address, and forgets those that left', () => {
    const admission = new Admission({
      maxUnauthenticated: 100,
      maxUnauthenticatedPerAddress: 2,
      patienceMs: 1_000,
    });
    const first = admission.enter('2001:db8::1', never);
    admission.enter('2001:db8::2', never);
    assert.match(String(admission.enter('2001:db8::3', never)), /2 connections of this address/);
    assert.equal(typeof admission.enter('192.0.2.1', never), 'function');
    assert.ok(typeof first === 'function');
    first();
    first();
    assert.equal(typeof admission.enter('2001:db8::3', never), 'function');
    assert.equal(typeof admission.enter('2001:db8::4', never), 'string');
  });

  it('bounds all of them, and prefers one that comes to one that has dawdled', async () => {
    const admission = new Admission({
      maxUnauthenticated: 2,
      maxUnauthenticatedPerAddress: 2,
      patienceMs: 100,
    });
    const evicted: string[] = [];
    const enter = (name: string): (() => void) | string => {
      const entry = admission.enter(name, () => {
        evicted.push(name);
        if (typeof entry === 'function') entry();
      });
      return entry;
    };
    enter('192.0.2.1');
    enter('192.0.2.2');
    assert.match(String(enter('192.0.2.3')), /2 connections have not logged in/);
    assert.deepEqual(evicted, []);
    await delay(150);
    assert.equal(typeof enter('192.0.2.3'), 'function');
    assert.deepEqual(evicted, ['192.0.2.1']);
  });
});
