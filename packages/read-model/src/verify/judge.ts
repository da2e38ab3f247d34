import type { OrderAnswer } from '@ordershard/order-rows';
import type { OrderView } from '../projections/order-view.ts';
import { canonicalText } from './canonical.ts';
import { expectedView } from './expected-view.ts';

/** How a view can differ from its order. */
export const DIFFERENCES = ['changed', 'missing', 'extra', 'stale'] as const;

/**
 * - `changed`: another content for the same version, or a version that the order never had.
 * - `missing`: no view of an order.
 * - `extra`: a view of no order, which is not past its retention either.
 * - `stale`: an older version, whose successor was consumed.
 */
export type Difference = (typeof DIFFERENCES)[number];

/** What a comparison of an order and its view comes to. `expired`: the view outlives its order, as it should. */
export type Verdict = 'equal' | 'expired' | Difference;

/** Compares what an order's owner said with its view. Where these were read at different times, they may differ by that. */
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
