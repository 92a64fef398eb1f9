import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';

const root = join(import.meta.dirname, '../..');

test('shellcheck finds nothing in any shell script', async () => {
  const scripts: string[] = [];
  for await (const entry of glob('{bin,firmware,systemd,.ci}/**/*', {
    cwd: root,
    withFileTypes: true,
  })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && /^#!.*\b(sh|bash)\n/.test(readFileSync(path, 'latin1'))) {
      scripts.push(path);
    }
  }
  assert.ok(scripts.length >= 4, `found only ${scripts.join(' ')}`);
  await execa('shellcheck', scripts);
});
