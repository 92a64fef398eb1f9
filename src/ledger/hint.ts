import { closest } from '../lib/closest.ts';

const shown = 10;

/** " Did you mean x?" or the existing names, for messages about unknown names. */
export function hint(what: string, wanted: string, existing: readonly string[]): string {
  const near = closest(wanted, existing);
  if (near !== undefined) return ` Did you mean ${near}?`;
  if (existing.length === 0) return ` There are no ${what} yet.`;
  const more = existing.length > shown ? `, and ${existing.length - shown} more` : '';
  return ` There ${existing.length === 1 ? 'is' : 'are'}: ${existing.slice(0, shown).join(', ')}${more}.`;
}
