import { describeError, OperatorError } from '../lib/errors.ts';
import { type Card, tooSmall } from './card.ts';
import { sizeOf } from './files.ts';
import type { CardTarget } from './open-card.ts';
import { type CardPlan, keyPath } from './plan.ts';

export interface MakeCardOptions {
  readonly target: CardTarget;
  readonly plan: CardPlan;
  /**
   * Registers the camera. Called last: until then only the card has changed, and a card with an
   * unregistered key opens nothing. If the program is killed before this, running the same command
   * again repairs that.
   */
  readonly register: () => Promise<void>;
  /** Its abort reason is an error for the operator. */
  readonly signal: AbortSignal;
}

/**
 * Writes a card, reads it back, and registers the camera. If a step fails or `signal` aborts, no camera
 * is registered, and the key is removed from the card if that is still possible.
 *
 * @returns the card; undefined if the operator refused to overwrite it
 * @throws {OperatorError} a step failed
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
  // The key is written last, so that a card that is pulled out half-way has no key.
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

/** Removes the key; returns a sentence for the operator if that fails. */
async function takeBack(card: Card): Promise<string> {
  try {
    await card.abandon([keyPath]);
    return '';
  } catch {
    return ' Its key may still be on the card; nobody knows that key, so it opens nothing.';
  }
}
