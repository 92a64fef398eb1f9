import type { RenamedAccountAnswer } from '../../contract/accounts.ts';
import { plain } from '../plain.ts';
import { count } from '../../lib/words.ts';

/** What `cctv account rename` says. */
export function renamedAccountScreen(
  from: string,
  to: string,
  { disconnected, viewers, addresses }: RenamedAccountAnswer,
): string[] {
  return [
    `Account ${from} is now ${to}.`,
    ...(disconnected === 0
      ? []
      : [`${count(disconnected, 'camera dials', 'cameras dial')} in again, with the same cards.`]),
    ...(viewers.length === 0
      ? []
      : [
          `Passwords stay valid, and user names too: ${viewers.map(plain).join(', ')}. On the page, viewers log in to the account ${to}.`,
        ]),
    ...addresses.map((address) => `Players need the new address: ${address}`),
    `What was recorded until now keeps its place in the bucket, below ${from}/.`,
  ];
}
