import { type ShardRouter, sql } from '@ordershard/shard-router';

export interface Line {
  readonly sku: string;
  readonly quantity: number;
  /** Cents. */
  readonly price: number;
}

export interface Order {
  /** 63 bits: text, wherever JavaScript's numbers could get at it. */
  readonly number: string;
  readonly customer: string;
  readonly state: 'open' | 'shipped';
  /** Cents, as decimal text. */
  readonly total: string;
  readonly lines: readonly Line[];
}

/** Stores an order with its lines in one transaction, on the shard that owns its number. */
export async function placeOrder(
  router: ShardRouter,
  customer: string,
  lines: readonly Line[],
): Promise<string> {
  const number = router.drawNumber();
  const total = lines.reduce((sum, { quantity, price }) => sum + BigInt(quantity) * BigInt(price), 0n);
  await router.transaction({ number, fresh: true }, async (tx) => {
    await tx.execute('INSERT INTO shop_orders (number, bucket, customer, total) VALUES (?, ?, ?, ?)', [
      number,
      tx.bucket,
      customer,
      total,
    ]);
    for (const [index, { sku, quantity, price }] of lines.entries())
      await tx.execute(
        'INSERT INTO shop_order_lines (number, line, bucket, sku, quantity, price) VALUES (?, ?, ?, ?, ?, ?)',
        [number, index + 1, tx.bucket, sku, quantity, price],
      );
  });
  return number.toString();
}

/** Reads an order where it lives now; undefined where there is none. */
export async function findOrder(router: ShardRouter, number: bigint): Promise<Order | undefined> {
  const rows = await router.readRows(
    number,
    sql<Omit<Order, 'lines'> & Line>`
      SELECT CAST(o.number AS CHAR) AS number, o.customer, o.state, CAST(o.total AS CHAR) AS total,
             l.sku, l.quantity, CAST(l.price AS DOUBLE) AS price
        FROM shop_orders o JOIN shop_order_lines l ON l.number = o.number
       WHERE o.number = ${number} ORDER BY l.line`,
  );
  const [first] = rows;
  if (first === undefined) return undefined;
  const { customer, state, total } = first;
  const lines = rows.map(({ sku, quantity, price }) => ({ sku, quantity, price }));
  return { number: first.number, customer, state, total, lines };
}

/** Ships an order that is open. False when it is not, or is not there. */
export async function shipOrder(router: ShardRouter, number: bigint): Promise<boolean> {
  return router.transaction({ number }, async (tx) => {
    const { affectedRows } = await tx.execute(
      "UPDATE shop_orders SET state = 'shipped' WHERE number = ? AND state = 'open'",
      [number],
    );
    return affectedRows === 1;
  });
}
