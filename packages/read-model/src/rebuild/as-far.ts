import { type OrderRouter, readOrders } from '@ordershard/order-rows';
import type { Collection } from 'mongodb';
import type { OrderView } from '../projections/order-view.ts';
import { judge } from '../verify/judge.ts';
import { readViews } from '../verify/settle.ts';

/**
 * Returns the first numbers whose view is missing in `to`, or is older there than it was in `from` just before. Views in
 * `from` that are wrong, or of no order, do not count. While projectors write to `to` first, an empty result means that a
 * reader may move from `from` to `to`.
 */
export async function viewsBehind(
  router: OrderRouter,
  from: Collection<OrderView>,
  to: Collection<OrderView>,
  limit: number,
): Promise<bigint[]> {
  const behind: bigint[] = [];
  for (let after = -1n, more = true; more && behind.length === 0;) {
    const served = (await from
      .find({ _id: { $gt: after } })
      .sort({ _id: 1 })
      .limit(limit)
      .toArray()) as OrderView[];
    const numbers = served.map(({ _id }) => _id);
    const there = await readViews(to, numbers);
    const older = new Map(
      served
        .filter(({ _id, version }) => (there.get(_id)?.version ?? 0) < version)
        .map((view) => [view._id, view]),
    );
    if (older.size > 0) {
      for (const answer of await readOrders(router, [...older.keys()])) {
        const verdict = judge(answer, older.get(answer.number));
        if (verdict === 'equal' || verdict === 'expired' || verdict === 'stale') behind.push(answer.number);
      }
    }
    after = numbers.at(-1) ?? after;
    more = served.length === limit;
  }
  return behind;
}
