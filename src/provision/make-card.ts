import { describeError, OperatorError } from '../lib/errors.ts';
import { type Card, tooSmall } from './card.ts';
import { sizeOf } from './files.ts';
import type { CardTarget } from './open-card.ts';
import { type CardPlan, keyPath } from './plan.ts';

export interface MakeCardOptions {
  readonly target: CardTarget;
  readonly plan: CardPlan;
  /**
   * Makes the camera known, as the very last step: until then nothing but the card was changed, and a
   * card whose key nobody knows opens nothing. Should the program be killed between the two, the same
   * command again mends it.
   */
  readonly register: () => Promise<void>;
  /** Its reason is an error for the operator. */
  readonly signal: AbortSignal;
}

/**
 * Writes a card, reads it back, and registers the camera. If any of it fails, or `signal` aborts, no
 * camera is registered, and the key is taken off the card again if it still lets us.
 *
 * @returns the card; undefined if the operator did not want it to be overwritten
 * @throws {OperatorError} what was wrong
 */
export async function makeCard(options: MakeCardOptions): Promise<Card | undefined> {
  const { target, plan, register, signal } = options;
  const bytes = plan.files.reduce((sum, file) => sum + sizeOf(file), 0);
  if (target.capacityBytes !== undefined && bytes > target.capacityBytes) {
    throw new OperatorError(tooSmall(target.name, bytes, target.capacityBytes));
  }
  const card = await target.open();
  if (card === undefined) return undefined;
  const problems = await card.problems(plan.files);
  if (problems.length > 0) {
    await card.abandon([]);
    throw new OperatorError(problems.join('\n'));
  }
  try {
    await writeAndCompare(card, plan, signal);
  } catch (error) {
    throw new OperatorError(
      `${messageOf(error)} No camera was registered.${await takeBack(card)}`,
      {
        cause: error,
      },
    );
  }
  try {
    await register();
  } catch (error) {
    throw new OperatorError(`${messageOf(error)}${await takeBack(card)}`, { cause: error });
  }
  return card;
}

async function writeAndCompare(card: Card, plan: CardPlan, signal: AbortSignal): Promise<void> {
  const key = plan.files.filter(({ path }) => path === keyPath);
  await card.remove(plan.absent);
  // A card that was pulled out half-way has no key on it: the key comes when all else is there.
  await card.write(
    plan.files.filter((file) => !key.includes(file)),
    signal,
  );
  await card.write(key, signal);
  const [first, ...others] = await card.differing(plan.files, signal);
  signal.throwIfAborted();
  if (first === undefined) return;
  const more = others.length === 0 ? '' : ` and ${others.length} other files`;
  throw new OperatorError(
    `The card ${card.name} does not hold what was written to it: ${first}${more} came back different. It is broken, or was pulled out; take another.`,
  );
}

const messageOf = (error: unknown): string =>
  error instanceof OperatorError
    ? error.message
    : `The card can't be made: ${describeError(error)}.`;

/** What stays behind, in a sentence, if something does. */
async function takeBack(card: Card): Promise<string> {
  try {
    await card.abandon([keyPath]);
    return '';
  } catch {
    return ' Its key may still be on the card; nobody knows that key, so it opens nothing.';
  }
}
