import type { AddressKind, ContactAddress, QuietHours } from '../model/contact.ts';
import { UsageError } from './errors.ts';
import { plain } from './plain.ts';

/** @throws {UsageError} the text is not HH:MM-HH:MM */
export function readQuietHours(text: string): QuietHours {
  const [, from, to] = /^(\d{1,2}:\d\d)-(\d{1,2}:\d\d)$/.exec(text.trim()) ?? [];
  if (from === undefined || to === undefined) {
    throw new UsageError(
      `"${text.slice(0, 100)}" are no quiet hours: write HH:MM-HH:MM, such as 22:00-07:00.`,
    );
  }
  return { from: from.padStart(5, '0'), to: to.padStart(5, '0') };
}

/** `sms +6591234567, then email anna@example.com` */
export const contactWays = (addresses: readonly ContactAddress[]): string =>
  addresses.map(({ kind, address }) => `${kind} ${plain(address)}`).join(', then ');

/** Collects addresses of all kinds in the order of the command line. */
export function collectAddresses() {
  const addresses: ContactAddress[] = [];
  const collect = (kind: AddressKind) => (address: string) => {
    addresses.push({ kind, address });
    return address;
  };
  return { addresses, collect };
}
