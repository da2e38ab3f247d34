import type { OrderAnswer } from '@ordershard/order-rows';
import type { OrderView } from '../projections/order-view.ts';
import { canonicalText } from './canonical.ts';
import { expectedView } from './expected-view.ts';

/** How a view can differ from its order. */
export const DIFFERENCES = ['changed', 'missing', 'extra', 'stale'] as const;

/**
 * - `changed`: the view has other content for the same version, or a version that the order never had.
 * - `missing`: the order has no view.
 * - `extra`: the view has no order, and is not of one past its retention either.
 * - `stale`: the view has an older version, although the next one was consumed.
 */
export type Difference = (typeof DIFFERENCES)[number];

/** The result of comparing an order with its view. `expired`: the view outlives its order, as it should. */
export type Verdict = 'equal' | 'expired' | Difference;

/**
 * Compares the answer of an order's owner with the order's view. When these were read at different times, they may differ for
 * that reason alone.
 */
export function judge(
  { snapshot, expired }: Pick<OrderAnswer, 'snapshot' | 'expired'>,
  view: OrderView | undefined,
): Verdict {
  if (snapshot === undefined) {
    if (view === undefined) return 'equal';
    return expired ? 'expired' : 'extra';
  }
  if (view === undefined) return 'missing';
  const { version } = view;
  if (version < snapshot.version) return 'stale';
  if (version > snapshot.version) return 'changed';
  return canonicalText(view) === canonicalText(expectedView(snapshot)) ? 'equal' : 'changed';
}
