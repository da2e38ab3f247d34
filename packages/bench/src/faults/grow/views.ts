import { MongoClient } from 'mongodb';
import type { Store } from '../../move/store.ts';
import type { Findings } from '../findings.ts';
import { until } from '../until.ts';
import type { Journal, JournalOrder } from '../write/journal.ts';

/** A view, as far as it is compared. */
interface View {
  readonly _id: bigint;
  readonly version: number;
}

/**
 * Waits until every order has a view, and compares their versions with what was acknowledged. Returns the number of views.
 */
export async function compareViews(
  store: Store,
  journal: Journal,
  findings: Findings,
  withinMs: number,
): Promise<number> {
  const client = new MongoClient(store.env['ORDERSHARD_MONGODB_URL']!, { useBigInt64: true });
  try {
    const views = client.db().collection<View>('order_views');
    const wanted = [...journal.orders.values()].reduce((sum, { changes }) => sum + versionOf(changes), 0);
    await until(
      'the views to be as far as the orders',
      async () => {
        const [sum] = await views
          .aggregate<{ versions: bigint | number }>([
            { $group: { _id: null, versions: { $sum: '$version' } } },
          ])
          .toArray();
        return Number(sum?.versions ?? 0) >= wanted;
      },
      withinMs,
    );
    let count = 0;
    for await (const { _id, version } of views.find({}, { projection: { version: 1 } })) {
      count += 1;
      const order = journal.orders.get(_id.toString());
      if (order === undefined) findings.add('duplicated', _id.toString(), 'a view of no order');
      else if (version !== versionOf(order.changes))
        findings.add(
          'mismatched',
          _id.toString(),
          `its view is at version ${version}, not ${versionOf(order.changes)}`,
        );
    }
    if (count < journal.orders.size)
      findings.add('lost', 'views', `${journal.orders.size - count} are missing`);
    return count;
  } finally {
    await client.close();
  }
}

/** The version of an order with some acknowledged changes. */
function versionOf(changes: JournalOrder['changes']): number {
  return 1 + [...changes.values()].filter(({ version }) => version !== undefined).length;
}
