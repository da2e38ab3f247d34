import type { Db } from 'mongodb';
import type { Findings } from '../../findings.ts';
import { contentText } from './content.ts';
import type { Expected } from './orders.ts';

/** Numbers of the orders whose view differs from the order, or is not there. */
export async function differing(db: Db, orders: ReadonlyMap<string, Expected>): Promise<Set<string>> {
  const left = new Set(orders.keys());
  for await (const { _id, ...view } of viewsOf(db)) {
    const number = String(_id);
    if (orders.get(number)?.content === contentText({ ...view, number })) left.delete(number);
  }
  return left;
}

/** Compares every view with its order. */
export async function compareViews(
  db: Db,
  orders: ReadonlyMap<string, Expected>,
  findings: Findings,
): Promise<void> {
  const unseen = new Set(orders.keys());
  for await (const { _id, ...view } of viewsOf(db)) {
    const number = String(_id);
    const order = orders.get(number);
    unseen.delete(number);
    if (order === undefined) findings.add('duplicated', number, 'a view of no order');
    else if (Number(view['version']) < order.version)
      findings.add('lost', number, `its view is at version ${String(view['version'])} of ${order.version}`);
    else if (contentText({ ...view, number }) !== order.content)
      findings.add(
        'mismatched',
        number,
        `its view is ${contentText({ ...view, number })}, not ${order.content}`,
      );
  }
  for (const number of unseen) findings.add('lost', number, 'it has no view');
}

function viewsOf(db: Db) {
  return db
    .collection<{ _id: bigint } & Record<string, unknown>>('order_views')
    .find({}, { readConcern: 'majority' });
}
