import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { RowDataPacket } from 'mysql2';
import { DuplicateRowError } from '../errors.ts';
import { lowestNumberAt } from '../ids/snowflake.ts';
import type { ShardRouter } from '../router.ts';
import { BUCKETS, type GrownCluster, grownCluster, soon } from './epoch-cluster.fixture.ts';
import { closeEpochs } from './close-epochs.ts';
import { openEpoch } from './open-epoch.ts';

let grown: GrownCluster;
let router: ShardRouter;

beforeAll(async () => {
  grown = await grownCluster();
  router = await grown.router();
});
afterAll(() => grown.end());

const addCart = (text: string, body: string, on = router) =>
  on.transaction({ text }, async (tx) => {
    await tx.execute('INSERT INTO carts (cart, bucket, body) VALUES (?, ?, ?)', [text, tx.bucket, body]);
    return tx.shard;
  });

const bodiesOf = (text: string, on = router) =>
  on.readRows<{ body: string }>({ text }, { sql: 'SELECT body FROM carts WHERE cart = ?', values: [text] });

/** Every fence of text keys, on all shards. */
const textFences = () =>
  Promise.all(
    grown.cluster.shards.map((shard) =>
      grown.cluster.onShard(shard, (session) =>
        session.query(`SELECT ${shard} AS shard, f.* FROM text_fences AS f ORDER BY bucket`),
      ),
    ),
  );

/** The shards that have a row of a text. */
async function shardsWith(text: string): Promise<number[]> {
  const found: number[] = [];
  for (const shard of grown.cluster.shards) {
    const rows = await grown.cluster.onShard(shard, (session) =>
      session.query('SELECT 1 FROM carts WHERE cart = ?', [text]),
    );
    if (rows.length > 0) found.push(shard);
  }
  return found;
}

test('epochs that give every bucket to others, and their end, leave rows of text keys where they are, found and once', async () => {
  const stale = await grown.router({ mapPollMs: 2 ** 31 - 1 });
  const carts = Array.from({ length: 40 }, () => randomUUID());
  for (const cart of carts) await addCart(cart, cart);
  const homes = await Promise.all(carts.map(shardsWith));
  const before = await textFences();
  let from = 0n;
  for (const shift of [1, 2]) {
    const owners = Array.from({ length: BUCKETS }, (_, bucket) => (bucket + shift) % 3);
    const options = soon(3_500, { owners, keyOwners: owners });
    await openEpoch(grown.cluster, options);
    from = lowestNumberAt(options.fromMs);
    await new Promise((resolve) => setTimeout(resolve, options.fromMs - Date.now() + 10));
    await router.refreshMap();
  }
  for (const on of [router, stale]) {
    for (const cart of carts) {
      expect(await bodiesOf(cart, on)).toEqual([{ body: cart }]);
      const [rows] = await on.withKey(cart, () =>
        on.pool.promise().query<RowDataPacket[]>('SELECT body FROM carts WHERE cart = ?', [cart]),
      );
      expect(rows).toEqual([{ body: cart }]);
      await expect(addCart(cart, 'again', on)).rejects.toThrow(DuplicateRowError);
    }
  }
  expect(await Promise.all(carts.map(shardsWith))).toEqual(homes);
  expect(await textFences()).toEqual(before);

  // Nothing is left of the epochs before, and they are closed.
  for (const shard of grown.cluster.shards) {
    await grown.cluster.onShard(shard, (session) =>
      session.execute(
        'UPDATE bucket_fences SET writable_from = GREATEST(writable_from, ?), readable_from = GREATEST(readable_from, ?)',
        [from, from],
      ),
    );
  }
  await closeEpochs(grown.cluster, { from, keyLifetimeMs: -15 * 60_000, by: 'test' });
  await router.refreshMap();
  for (const cart of carts) expect(await bodiesOf(cart)).toEqual([{ body: cart }]);
  expect(await textFences()).toEqual(before);
});

test('a number and its decimal text are one key; any other text is a text key, which is written, read and found by it', async () => {
  const number = router.drawNumber();
  await router.transaction({ number }, (tx) =>
    tx.execute('INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)', [number, tx.bucket, 'note']),
  );
  for (const key of [number, String(number), { number: String(number) }]) {
    expect(router.shardOf(key)).toBe(router.shardOf(number));
    const [rows] = await router.withKey(key, () =>
      router.pool.promise().query<RowDataPacket[]>('SELECT body FROM notes WHERE number = ?', [number]),
    );
    expect(rows).toEqual([{ body: 'note' }]);
  }
  const cart = `cart ${number} 떡볶이`;
  const outcome = await router.write({ text: cart }, ({ bucket }) => ({
    statements: [
      { sql: 'INSERT INTO carts (cart, bucket, body) VALUES (?, ?, ?)', values: [cart, bucket, 'new'] },
    ] as const,
  }));
  expect(outcome).toMatchObject({ applied: true, shard: router.shardOf(cart), affectedRows: [1] });
  await router.withKey(cart, async () => {
    const connection = await router.pool.promise().getConnection();
    await connection.beginTransaction();
    await connection.execute('UPDATE carts SET body = ? WHERE cart = ?', ['changed', cart]);
    await connection.commit();
    connection.release();
  });
  expect(
    await router.read({ text: cart }, (session) =>
      session.query('SELECT body FROM carts WHERE cart = ?', [cart]),
    ),
  ).toEqual([{ body: 'changed' }]);
});

test('a write of a text key waits while its fence is shut, and goes where the fence says', async () => {
  const stale = await grown.router({ mapPollMs: 2 ** 31 - 1 });
  const cart = randomUUID();
  const bucket = stale.bucketOf(cart);
  const from = stale.shardOf(cart);
  const to = (from + 1) % 3;
  const set = (shard: number, state: string, owner: number | null) =>
    grown.cluster.onShard(shard, (session) =>
      session.execute(
        'UPDATE text_fences SET state = ?, next_owner = ?, generation = generation + 1 WHERE bucket = ?',
        [state, owner, bucket],
      ),
    );
  await set(from, 'frozen', to);
  await set(to, 'importing', from);
  const written = addCart(cart, 'late', stale);
  await set(to, 'owned', null);
  await set(from, 'moved', to);
  expect(await written).toBe(to);
  expect(stale.shardOf(cart)).toBe(to);
  expect(await bodiesOf(cart, stale)).toEqual([{ body: 'late' }]);
  expect(await shardsWith(cart)).toEqual([to]);
});
