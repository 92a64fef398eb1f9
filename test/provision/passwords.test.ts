import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execa } from 'execa';
import { htdigestLine, randomPassword, shadowHash } from '../../src/provision/passwords.ts';

describe("a camera's own password", () => {
  it('is another each time, and easy to type', () => {
    const passwords = Array.from({ length: 1000 }, randomPassword);
    assert.equal(new Set(passwords).size, 1000);
    for (const password of passwords) assert.match(password, /^[a-km-np-z2-9]{20}$/);
  });

  it('has in /etc/shadow the hash that the C library computes', async () => {
    for (const password of ['ismart12', 'x', randomPassword(), 'a'.repeat(40)]) {
      const hash = shadowHash(password);
      assert.match(hash, /^\$1\$[./0-9A-Za-z]{8}\$[./0-9A-Za-z]{22}$/);
      const { stdout } = await execa('perl', [
        '-e',
        'print crypt($ARGV[0], $ARGV[1])',
        password,
        hash,
      ]);
      assert.equal(stdout, hash);
    }
  });

  it("has the hash that Dafang-Hacks' web server knows its default password by", () => {
    assert.equal(
      htdigestLine('root', 'all', 'ismart12'),
      'root:all:a6564902a687c445cbd80bab194c42d5\n',
    );
  });
});
