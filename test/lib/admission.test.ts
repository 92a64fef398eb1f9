import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Admission } from '../../src/lib/admission.ts';

describe('admission', () => {
  const never = (): void => assert.fail('must not be evicted');

  it('bounds the connections of one address, and forgets those that left', () => {
    const admission = new Admission(() => ({ most: 100, mostPerNetwork: 2, patienceMs: 1_000 }));
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
    const admission = new Admission(() => ({ most: 2, mostPerNetwork: 2, patienceMs: 100 }));
    const evicted: string[] = [];
    const enter = (name: string): (() => void) | string => {
      const entry = admission.enter(name, () => {
        evicted.push(name);
        if (typeof entry === 'function') entry();
      });
      return entry;
    };
    enter('192.0.1.1');
    enter('192.0.2.1');
    assert.match(String(enter('192.0.3.1')), /2 connections have not logged in/);
    assert.deepEqual(evicted, []);
    await delay(150);
    assert.equal(typeof enter('192.0.3.1'), 'function');
    assert.deepEqual(evicted, ['192.0.1.1']);
  });

  const places = { most: 200, mostPerNetwork: 100, patienceMs: 5_000 };

  /** Silent connections, 1,000 a second, until `untilMs`; calls `each` every millisecond. */
  function attack(
    address: (n: number) => string,
    untilMs: number,
    each: (enter: (from: string, evict: () => void) => boolean, ms: number) => void,
  ): void {
    let nowMs = 0;
    const admission = new Admission(
      () => places,
      () => nowMs,
    );
    const graceMs = 20_000;
    const silent: { leave: () => void; sinceMs: number }[] = [];
    for (; nowMs < untilMs; nowMs += 1) {
      const entry = admission.enter(address(nowMs), () => {});
      if (typeof entry === 'function') silent.push({ leave: entry, sinceMs: nowMs });
      while ((silent[0]?.sinceMs ?? nowMs) < nowMs - graceMs) silent.shift()?.leave();
      each((from, evict) => typeof admission.enter(from, evict) === 'function', nowMs);
    }
  }

  const attackers: Readonly<Record<string, (n: number) => string>> = {
    '50 networks of IPv4': (n) => `198.51.${n % 50}.${n % 251}`,
    '3 addresses of IPv4': (n) => `192.0.2.${n % 3}`,
    'a /48 of IPv6': (n) => `2001:db8:1:${(n % 65_536).toString(16)}::1`,
    '50 networks of IPv6': (n) => `2001:db8:${n % 50}:${(n % 251).toString(16)}::1`,
  };
  for (const [who, address] of Object.entries(attackers)) {
    it(`lets an honest one in at the first try, and in peace, under 1,000 tries a second from ${who}`, () => {
      let evictions = 0;
      let tries = 0;
      attack(address, 60_000, (enter, ms) => {
        // It takes 5 s to log in at worst, and leaves no place while the test goes on.
        if (ms % 6_000 !== 3_000) return;
        tries += 1;
        assert.ok(
          enter(`203.0.${tries}.7`, () => (evictions += 1)),
          `at ${ms} ms`,
        );
      });
      assert.equal(tries, 10);
      assert.equal(evictions, 0);
    });
  }
});
