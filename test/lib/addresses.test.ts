import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { networkOf, plainAddress } from '../../src/lib/addresses.ts';

describe('addresses', () => {
  it('of IPv4 are the same however they came in', () => {
    assert.equal(plainAddress('::ffff:192.0.2.7'), '192.0.2.7');
    assert.equal(plainAddress('192.0.2.7'), '192.0.2.7');
    assert.equal(plainAddress('2001:db8::7'), '2001:db8::7');
    assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
  });

  it('of IPv6 count by their /64', () => {
    for (const address of [
      '2001:db8:0:7::1',
      '2001:db8::7:1:2:3:4',
      '2001:0DB8:0000:0007:a:b:c:d',
    ]) {
      assert.equal(networkOf(address), '2001:db8:0:7::/64');
    }
    assert.equal(networkOf('::1'), '0:0:0:0::/64');
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64');
    assert.equal(networkOf('2001:db8::'), '2001:db8:0:0::/64');
    assert.notEqual(networkOf('2001:db8:0:8::1'), networkOf('2001:db8:0:7::1'));
  });
});
