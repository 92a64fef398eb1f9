import * as z from 'zod';
import { OperatorError } from '../lib/errors.ts';
import { page } from './requests.ts';

const name = z
  .string({ error: () => 'The name must be text' })
  .max(200, { error: () => 'The name is longer than 200 characters' });
const password = z.string({ error: () => 'The password must be text' }).max(200, {
  error: () => 'The password is longer than 200 characters',
});

export const newViewer = z.strictObject({
  account: name,
  name,
  /** One is made unless given. */
  password: password.exactOptional(),
  cameras: z.array(name).min(1).max(1_000).exactOptional(),
});

export const newPassword = z.strictObject({ password: password.exactOptional() });

export const viewerPage = page.extend({ account: name.optional() });

const minLength = 12;
const minDifferent = 6;

/**
 * Refuses passwords that could be guessed, or that players write in more ways than one.
 *
 * @throws {OperatorError}
 */
export function checkPassword(given: string, viewer: { account: string; name: string }): void {
  const fault = faultOf(given, viewer);
  if (fault !== undefined) {
    throw new OperatorError(`The password ${fault}. Leave it out to have a strong one made.`);
  }
}

function faultOf(given: string, viewer: { account: string; name: string }): string | undefined {
  if (!/^[ -~]*$/.test(given)) return 'has other characters than those of ASCII';
  if (given.length < minLength) return `is shorter than ${minLength} characters`;
  if (new Set(given).size < minDifferent) {
    return `has fewer than ${minDifferent} different characters`;
  }
  const lower = given.toLowerCase();
  const own = [viewer.account, viewer.name].find((word) => {
    return word.length > 2 && lower.includes(word.toLowerCase());
  });
  return own === undefined ? undefined : `has "${own}" in it, which others know`;
}
