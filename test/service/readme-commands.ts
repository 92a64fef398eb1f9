import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Exit, Machine } from './machine.ts';

const checkout = join(import.meta.dirname, '../..');
/** What an operator reads: the README first, then the handbook. */
const readme = ['README.md', 'systemd/README.md']
  .map((file) => readFileSync(join(checkout, file), 'utf8'))
  .join('\n');
const operator = 'anna';

/** A user of the machine who may use `cctv`, as the README makes one. */
export async function makeOperator(machine: Machine): Promise<void> {
  await machine.sh(`useradd --create-home ${operator}; usermod -aG sapiengraph-cctv ${operator}`);
}

/**
 * Runs a command as the README writes it, with `instead` in the place of its examples: by root where there
 * is a sudo before it, else by the operator, in the operator's home.
 *
 * @param command finds it
 */
export async function runAsInReadme(
  machine: Machine,
  command: RegExp,
  instead: Readonly<Record<string, string>> = {},
): Promise<Exit> {
  const written = command.exec(readme)?.[0];
  assert.ok(written !== undefined, `the README has no ${command}`);
  const changed = Object.entries(instead).reduce((text, [example, ours]) => {
    assert.ok(text.includes(example), `the README has no ${example} in: ${written}`);
    return text.replace(example, ours);
  }, written);
  const line = `cd /home/${operator} && ${changed.replace(/^sudo /, 'env ')}`;
  if (changed.startsWith('sudo ')) return await machine.try('sh', '-c', line);
  const asOperator = ['setpriv', '--reuid', operator, '--regid', operator, '--init-groups'];
  return await machine.try(...asOperator, 'sh', '-c', line);
}
