import { MovePlanInvalidError } from '../move/errors.ts';
import type { MoveStatus } from '../move/move-options.ts';

const SHORT = 8;

/** How ids of plans are shown: their first characters, as many as tell them apart. Any command takes them. */
export function shortIds(ids: Iterable<string>): (id: string) => string {
  const all = [...new Set(ids)];
  let length = SHORT;
  while (length < 36 && new Set(all.map((id) => id.slice(0, length))).size < all.length) length += 4;
  return (id) => id.slice(0, length);
}

/**
 * The plan that was asked for, by its id or the first characters of it; nothing when none was asked for.
 *
 * @throws MovePlanInvalidError when the books have no such plan, or several
 */
export function chosenPlan(
  moves: readonly Pick<MoveStatus, 'planId'>[],
  given: string | undefined,
): { readonly planId?: string } {
  if (given === undefined) return {};
  const known = [...new Set(moves.map(({ planId }) => planId))];
  const [planId, ...others] = known.filter((id) => id.startsWith(given));
  if (planId !== undefined && others.length === 0) return { planId };
  const short = shortIds(known);
  const have = known.length === 0 ? 'they are empty' : `they have ${known.map(short).join(', ')}`;
  throw new MovePlanInvalidError(
    planId === undefined
      ? `no plan ${given} is in the books: ${have}`
      : `several plans begin with ${given}: ${[planId, ...others].map(short).join(', ')}`,
  );
}
