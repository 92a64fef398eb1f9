import type { LoginAnswer } from '../../contract/viewers.ts';
import { facts } from '../table.ts';

export const noGateway =
  'This daemon has no gateway, so nobody can watch. Give gateway.listen or gateway.tls in its configuration.';

/** What a viewer needs to log in; the only time that the password is shown. */
export function loginScreen({ viewer, password, addresses }: LoginAnswer): string[] {
  const { account, name, cameras } = viewer;
  const lines = facts([
    ['User', name],
    ['Password', password ?? '(your own)'],
    ['Cameras', cameras?.join(', ') ?? 'all of the account'],
    addresses.length === 0 ? ['Address', noGateway] : ['Address', ...addresses],
  ]);
  if (password === undefined) return lines;
  return [
    ...lines,
    '',
    `The password is not kept, and not shown again. For a new one: cctv account password ${account}${name === account ? '' : ` ${name}`}`,
  ];
}
