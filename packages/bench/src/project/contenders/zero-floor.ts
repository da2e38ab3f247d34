import { ensureIndexes, orderViews } from '@ordershard/read-model';
import { bucketOf, DEFAULT_BUCKETS } from '@ordershard/shard-router';
import { type Document, MongoClient } from 'mongodb';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import type { Outcome, Task } from '../contender.ts';
import { writeGated } from './floor.ts';
import { inBatches } from './in-batches.ts';

/** By hand: the orders of a batch are read by number, each shard in one query at the same time, and written gated. */
export async function zeroFloor(task: Task): Promise<Outcome> {
  const mongo = new MongoClient(task.mongoUrl, { useBigInt64: true, writeConcern: { w: 'majority' } });
  const views = mongo.db().collection('order_views');
  await ensureIndexes(orderViews(mongo.db()));
  const pools = task
    .mysqlUrls!.split(',')
    .map((uri) => createPool({ uri, supportBigNumbers: true, bigNumberStrings: true, jsonStrings: true }));
  const owners = await ownersOf(pools);
  const outcome = await inBatches(task, 'events', async (batch) => {
    const numbers = [...new Set(batch.map(({ key }) => BigInt(key.toString())))];
    const byOwner = Map.groupBy(numbers, (number) => owners[bucketOf(number, DEFAULT_BUCKETS)]!);
    const read = await Promise.all([...byOwner].map(([pool, some]) => readViews(pool, some)));
    await writeGated(views, read.flat());
  });
  await Promise.all(pools.map((pool) => pool.end()));
  await mongo.close();
  return outcome;
}

/** The pool of each bucket's shard. Read once: nothing moves here. */
async function ownersOf(pools: readonly Pool[]): Promise<Pool[]> {
  const owners: Pool[] = [];
  for (const pool of pools) {
    const [rows] = await pool.query<RowDataPacket[]>(
      "SELECT bucket FROM bucket_fences WHERE state = 'owned'",
    );
    for (const { bucket } of rows) owners[bucket] = pool;
  }
  return owners;
}

/** Reads orders with their lines by primary key, without a lock, and writes them down as documents with no checks. */
async function readViews(pool: Pool, numbers: readonly bigint[]): Promise<Document[]> {
  const [rows] = await pool.query<RowDataPacket[]>(
    `SELECT orders.number, version, status, member_id, shop_id, currency, total, details, line, menu_id, name,
            unit_price, quantity, amount
       FROM orders JOIN order_items AS item ON item.number = orders.number
      WHERE orders.number IN (?) ORDER BY orders.number, line`,
    [numbers],
  );
  const views: Document[] = [];
  for (const row of rows) {
    const _id = BigInt(row['number']);
    if (views.at(-1)?.['_id'] !== _id) views.push({ _id, ...orderOf(row) });
    views.at(-1)!['items'].push({
      line: row['line'],
      menuId: row['menu_id'],
      name: row['name'],
      unitPrice: BigInt(row['unit_price']),
      quantity: row['quantity'],
      amount: BigInt(row['amount']),
    });
  }
  return views;
}

function orderOf(row: RowDataPacket): Document {
  const { timeline, ...details } = JSON.parse(row['details']);
  const dated = timeline.map((entry: { at: string }) => ({ ...entry, at: new Date(entry.at) }));
  return {
    version: row['version'],
    status: row['status'],
    memberId: row['member_id'],
    shopId: row['shop_id'],
    currency: row['currency'],
    total: BigInt(row['total']),
    ...details,
    items: [],
    timeline: dated,
    placedAt: dated[0].at,
    updatedAt: dated.at(-1).at,
  };
}
