import { type OrderAnswer, type OrderRouter, readOneOrder, readOrders } from '@ordershard/order-rows';
import type { Collection } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import type { Consumption } from './consumption.ts';
import { type Difference, judge } from './judge.ts';

/** A view that differs from its order, as it was seen. */
export interface FoundDifference {
  readonly number: bigint;
  readonly kind: Difference;
  /** The view as it was read; undefined where there is none. */
  readonly view: OrderView | undefined;
}

/** The result of settling doubts. */
export interface Settled {
  readonly differences: readonly FoundDifference[];
  /** Numbers that differ, for which it is unknown whether their events are still on the way. */
  readonly unsettled: readonly bigint[];
}

export interface SettleParts {
  readonly router: OrderRouter;
  readonly views: Collection<OrderView>;
  readonly consumption: Consumption;
}

/** How many times to look at an order that changes all the time. */
const ROUNDS = 5;

/** Reads views by number, from the primary. */
export async function readViews(
  views: Collection<OrderView>,
  numbers: readonly bigint[],
): Promise<Map<bigint, OrderView>> {
  const found = await views.find({ _id: { $in: [...numbers] } }).toArray();
  return new Map(found.map((view) => [view._id, view as OrderView]));
}

/**
 * Separates real differences from those that pass by themselves. Reads the view of each number first, and the order after it:
 * so a view that is ahead, or of no order, really is wrong. A view that lags counts only if it still lags after everything
 * that was committed before is consumed.
 *
 * @throws the router's errors, the driver's, KafkaUnavailableError
 */
export async function settle(parts: SettleParts, doubts: readonly bigint[]): Promise<Settled> {
  const differences: FoundDifference[] = [];
  let open = doubts;
  for (let round = 0; round < ROUNDS && open.length > 0; round += 1) {
    const views = await readViews(parts.views, open);
    const lagging: OrderAnswer[] = [];
    for (const answer of await readOrders(parts.router, open)) {
      const { number } = answer;
      const view = views.get(number);
      const verdict = judge(answer, view);
      if (verdict === 'changed') differences.push({ number, kind: verdict, view });
      else if (verdict === 'extra' && (await isNoOrder(parts.router, number)))
        differences.push({ number, kind: verdict, view });
      else if (verdict === 'missing' || verdict === 'stale') lagging.push(answer);
    }
    if (lagging.length === 0) return { differences, unsettled: [] };
    if (!(await parts.consumption.caughtUp())) {
      return { differences, unsettled: lagging.map(({ number }) => number) };
    }
    const again = await readViews(
      parts.views,
      lagging.map(({ number }) => number),
    );
    const moving: bigint[] = [];
    for (const { number, snapshot } of lagging) {
      const view = again.get(number);
      if (view === undefined) differences.push({ number, kind: 'missing', view });
      else if (view.version < snapshot!.version) differences.push({ number, kind: 'stale', view });
      else moving.push(number);
    }
    open = moving;
  }
  return { differences, unsettled: open };
}

/** Asks the owner once more. Returns whether there is no such order, and never was one that has expired. */
export async function isNoOrder(router: OrderRouter, number: bigint): Promise<boolean> {
  const { snapshot, expired } = await readOneOrder(router, number);
  return snapshot === undefined && !expired;
}
