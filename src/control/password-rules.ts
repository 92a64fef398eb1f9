import { OperatorError } from '../lib/errors.ts';

const minLength = 12;
const minDifferent = 6;

/**
 * Refuses passwords that could be guessed, or that players write in more ways than one.
 *
 * @param account of the person; empty for an operator
 * @throws {OperatorError}
 */
export function checkPassword(given: string, person: { account: string; name: string }): void {
  const fault = faultOf(given, person);
  if (fault !== undefined) {
    throw new OperatorError(`The password ${fault}. Leave it out to have a strong one made.`);
  }
}

function faultOf(
  given: string,
  { account, name }: { account: string; name: string },
): string | undefined {
  if (!/^[ -~]*$/.test(given)) return 'has other characters than those of ASCII';
  if (given.length < minLength) return `is shorter than ${minLength} characters`;
  if (new Set(given).size < minDifferent) {
    return `has fewer than ${minDifferent} different characters`;
  }
  const lower = given.toLowerCase();
  const own = [account, name].find((word) => word.length > 2 && lower.includes(word.toLowerCase()));
  return own === undefined ? undefined : `has "${own}" in it, which others know`;
}
