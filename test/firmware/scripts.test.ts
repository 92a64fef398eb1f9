import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { execa } from 'execa';

const firmware = join(import.meta.dirname, '../../firmware');

async function scripts(): Promise<string[]> {
  const found: string[] = [];
  for await (const entry of glob('**/*', { cwd: firmware, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (
      entry.isFile() &&
      /^#(!\/bin\/sh\n| shellcheck shell=sh)/.test(readFileSync(path, 'latin1'))
    ) {
      found.push(path);
    }
  }
  assert.ok(found.length > 6, `found only ${found.join(' ')}`);
  return found;
}

test('busybox ash and shellcheck take every script of a camera', async () => {
  const all = await scripts();
  await execa('shellcheck', all);
  for (const script of all) await execa('busybox', ['ash', '-n', script]);
});

test('no script of a camera asks for the time of day, which is 1970 when it starts', async () => {
  for (const script of await scripts()) {
    const code = readFileSync(script, 'utf8').replaceAll(/^\s*#.*$/gm, '');
    assert.doesNotMatch(code, /\b(date|hwclock|rdate)\b| -[no]t |-mtime|-mmin|EPOCH/, script);
  }
});

test('no script of a camera dials without a pinned host key', async () => {
  for (const script of await scripts()) {
    const code = readFileSync(script, 'utf8');
    assert.doesNotMatch(code, /StrictHostKeyChecking|dbclient.* -y|DBCLIENT.* -y/, script);
  }
});
