import { eventInsert, ORDERS_TOPIC } from '@ordershard/outbox';
import {
  guard,
  NumberNotWritableError,
  type ShardRouter,
  UnitConditionError,
} from '@ordershard/shard-router';
import { ofSnapshot, toEvent } from '../orders/snapshot.ts';
import { newOrder, readOrder } from '../repository/orders.ts';
import { selectOrder } from '../repository/sql/select-order.ts';
import { updateOrder } from '../repository/sql/update-order.ts';
import type { LostOrder } from './lost-orders.ts';

/**
 * The result for a lost order: it is as in its view again; or the shard has this version or a later one already; or its day
 * can no longer be written.
 */
export type Reinserted = 'reinserted' | 'there' | 'too old';

/**
 * Writes an order back to its shard as its view has it, with the event of that version, which consumers that have it skip.
 * The versions between, and the answer to its idempotency key, stay lost.
 *
 * @param source where its event comes from
 * @throws the router's errors
 */
export async function reinsertOrder(
  router: Pick<ShardRouter, 'readRows' | 'write'>,
  { snapshot }: LostOrder,
  source: string,
): Promise<Reinserted> {
  const order = ofSnapshot(snapshot);
  const { number } = order;
  const event = toEvent(snapshot, { source });
  for (;;) {
    const stored = await readOrder(router, number);
    if (stored !== undefined && stored.order.version >= order.version) return 'there';
    try {
      const outcome = await router.write({ number }, ({ bucket }) =>
        stored === undefined
          ? {
              statements: [...newOrder(order, bucket), eventInsert(ORDERS_TOPIC, event, bucket)],
              already: selectOrder(number),
            }
          : {
              statements: [
                guard(updateOrder(order, stored.order.version, stored.tables)),
                eventInsert(ORDERS_TOPIC, event, bucket),
              ],
            },
      );
      if (outcome.applied) return 'reinserted';
    } catch (error) {
      if (error instanceof NumberNotWritableError) return 'too old';
      if (!(error instanceof UnitConditionError)) throw error;
    }
  }
}
