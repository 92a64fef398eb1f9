import { readFileSync } from 'node:fs';

/** Names and numbers of this machine's groups (`/etc/group`). */
function groups(): { name: string; id: number }[] {
  let table = '';
  try {
    table = readFileSync('/etc/group', 'utf8');
  } catch {
    // Without the file, groups have no names.
  }
  return table
    .split('\n')
    .map((line) => line.split(':'))
    .filter(([name, , id]) => name !== undefined && name !== '' && /^\d+$/.test(id ?? ''))
    .map(([name = '', , id]) => ({ name, id: Number(id) }));
}

export const groupId = (name: string): number | undefined =>
  groups().find((group) => group.name === name)?.id;

export const groupName = (id: number): string | undefined =>
  groups().find((group) => group.id === id)?.name;
