import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolConnection } from 'mysql2';
import { createConnection } from 'mysql2/promise';
import { bucketOf } from '../index.ts';
import { BucketElsewhereError, RollbackOnlyError, UnknownOutcomeError } from '../errors.ts';
import { ShardPool } from '../pools/shard-pool.ts';
import { DEFAULT_LIMITS } from '../router-options.ts';
import type { ShardRouter } from '../router.ts';
import type { RoutedConnection } from '../pools/routed-connection.ts';
import { type TestCluster, testCluster } from '../router.fixture.ts';
import { parseEndpoint } from '../topology/endpoint.ts';
import { OpenTransaction } from './open-transaction.ts';
import type { ShardTransaction } from './shard-transaction.ts';

let cluster: TestCluster;
let router: ShardRouter;
let pool: ShardPool;
let number: bigint;

beforeAll(async () => {
  cluster = await testCluster('commit_answer');
  router = await cluster.router();
  pool = new ShardPool(0, parseEndpoint(cluster.shards[0]!.writer), 'read only', DEFAULT_LIMITS);
});

beforeEach(() => {
  number = router.drawNumber(0);
});

afterAll(async () => {
  await pool.close();
  await cluster.end();
});

const INSERT = 'INSERT INTO notes (number, bucket, body) VALUES (?, ?, ?)';
const UPDATE = 'UPDATE notes SET body = ? WHERE number = ?';

/** A bucket of keys that lives on shard 0. */
function aKeyBucket(): number {
  let key = 0;
  while (router.shardOf({ key: `key ${key}` }) !== 0) key += 1;
  return router.bucketOf({ key: `key ${key}` });
}

/** Whether the note of a number is there. */
async function isThere(of = number): Promise<boolean> {
  const rows = await router.onShard(0, (session) =>
    session.query('SELECT 1 FROM notes WHERE number = ?', [of]),
  );
  return rows.length > 0;
}

function begin(
  connection: PoolConnection,
  target = { number },
  keyBucket?: number,
): Promise<OpenTransaction> {
  const buckets = { bucket: bucketOf(target.number, 1024), keyBucket };
  return OpenTransaction.begin(connection, target, {
    buckets,
    keyGeneration: 7,
    rangeFrom: '0',
    timeoutMs: 5_000,
    pool,
  });
}

function query(connection: PoolConnection, sql: string, values: unknown[] = []): Promise<unknown> {
  return connection.promise().query(sql, values).then(([result]) => result); // prettier-ignore
}

/** Replaces the procedure that commits, for as long as `fn` runs. */
async function committedBy(body: string, fn: () => Promise<void>): Promise<void> {
  const define = (text: string) =>
    router.onShard(0, async (session) => {
      await session.execute('DROP PROCEDURE ordershard_commit');
      await session.execute(text);
    });
  const [shown] = await router.onShard(0, (session) =>
    session.query<Record<string, string>>('SHOW CREATE PROCEDURE ordershard_commit'),
  );
  await define(`CREATE PROCEDURE ordershard_commit() BEGIN ${body} END`);
  try {
    await fn();
  } finally {
    await define(shown!['Create Procedure']!);
  }
}

test('a statement that is not awaited and meets a deadlock keeps its transaction from being committed', async () => {
  const [mine, theirs] = [router.drawNumber(0), router.drawNumber(0)];
  const other = await createConnection(cluster.shards[0]!.writer);
  try {
    await other.query('SET @ordershard_bucket = -1');
    for (const row of [mine, theirs]) await other.query(INSERT, [row, 1, 'as it was']);
    await other.query('START TRANSACTION');
    await other.query(UPDATE, ['theirs', theirs]);
    // These rows make the other transaction larger: in a deadlock the server gives up the one that has written less.
    for (let row = 0; row < 20; row += 1) await other.query(INSERT, [router.drawNumber(0), 1, 'weight']);
    let crossing: Promise<unknown> | undefined;
    const transaction = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'order']);
      await tx.execute(UPDATE, ['mine', mine]);
      void tx.execute(UPDATE, ['best effort', theirs]).catch(() => undefined);
      crossing = other.query(UPDATE, ['theirs', mine]);
    });
    await expect(transaction).rejects.toThrow(RollbackOnlyError);
    await crossing;
    await other.query('ROLLBACK');
  } finally {
    await other.end();
  }
  expect(await isThere()).toBe(false);
});

test('a statement that is not awaited, and fails for its own reason alone, is waited for and keeps nothing from being committed', async () => {
  let failure: unknown;
  await router.transaction({ number }, async (tx) => {
    await tx.execute(INSERT, [number, tx.bucket, 'order']);
    void tx.execute('DO NO_SUCH_FUNCTION()').catch((error: unknown) => (failure = error));
  });
  expect(failure).toMatchObject({ code: 'ER_SP_DOES_NOT_EXIST' });
  expect(await isThere()).toBe(true);
});

/** Sends a statement in the transaction around this, directly on the driver's connection: the router would refuse it. */
async function unread(sql: string): Promise<void> {
  const connection = await router.pool.promise().getConnection();
  const { raw } = (connection.connection as unknown as RoutedConnection).work;
  await query(raw, sql, []).finally(() => connection.release());
}

describe('a statement that ends the transaction by itself', () => {
  test('leaves its outcome unknown when the function resolves', async () => {
    const transaction = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'order']);
      await unread('CREATE TABLE ended (id INT)').catch(() => undefined);
    });
    await expect(transaction).rejects.toThrow(UnknownOutcomeError);
    expect(await isThere()).toBe(true); // Which nobody may have been told.
  });

  test('leaves its outcome unknown when the function throws', async () => {
    const thrown = new Error('thrown');
    const transaction = router.transaction({ number }, async (tx) => {
      await tx.execute(INSERT, [number, tx.bucket, 'order']);
      await unread('CREATE TABLE ended (id INT)').catch(() => undefined);
      throw thrown;
    });
    await expect(transaction).rejects.toMatchObject({ code: 'ROUTER_UNKNOWN_OUTCOME', cause: thrown });
  });

  test.each([
    ['that is refused', 'CREATE TABLE ended (id INT)'],
    ['that fails later', 'LOCK TABLES no_such_table READ'],
    ['that answers with rows', 'ANALYZE TABLE notes'],
    ['that succeeds', 'FLUSH TABLES'],
  ])('leaves its outcome unknown when it is one %s, and the last', async (_, sql) => {
    for (const end of [() => undefined, () => Promise.reject(new Error('thrown'))]) {
      const transaction = router.transaction({ number: router.drawNumber(0) }, async () => {
        await unread(sql).catch(() => undefined);
        return end();
      });
      await expect(transaction).rejects.toThrow(UnknownOutcomeError);
    }
  });

  test('lets no statement go after it', async () => {
    const transaction = router.transaction({ number }, async (tx) => {
      await unread('CREATE TABLE ended (id INT)').catch(() => undefined);
      await expect(tx.query('SELECT 1')).rejects.toMatchObject({ code: 'ROUTER_SCOPE_CLOSED' });
    });
    await expect(transaction).rejects.toThrow(UnknownOutcomeError);
  });

  test('is seen whichever method of the driver sends it', async () => {
    await pool.connected(async (connection) => {
      const open = await begin(connection);
      await query(connection, INSERT, [number, open.buckets.bucket, 'order']);
      connection.prepare('CREATE TABLE ended (id INT)', (_, statement) =>
        statement.execute([], () => undefined),
      );
      await expect(open.commit()).rejects.toThrow(UnknownOutcomeError);
    });
  });
});

describe('COMMIT that was interrupted', () => {
  const INTERRUPTED = "SIGNAL SQLSTATE '70100' SET MYSQL_ERRNO = 1317, MESSAGE_TEXT = 'interrupted';";

  test('has an unknown outcome: it may have taken effect', async () => {
    await committedBy(`COMMIT; ${INTERRUPTED}`, async () => {
      const transaction = router.transaction({ number }, (tx) =>
        tx.execute(INSERT, [number, tx.bucket, 'order']),
      );
      await expect(transaction).rejects.toThrow(UnknownOutcomeError);
    });
    expect(await isThere()).toBe(true);
  });

  test('leaves nothing open', async () => {
    await committedBy(INTERRUPTED, async () => {
      const transaction = router.transaction({ number }, (tx) =>
        tx.execute(INSERT, [number, tx.bucket, 'order']),
      );
      await expect(transaction).rejects.toThrow(UnknownOutcomeError);
    });
    // This transaction waits for the locks of any that is still open.
    await router.transaction({ number }, (tx) => tx.execute(INSERT, [number, tx.bucket, 'order']));
  });
});

describe('a deadline', () => {
  test('that passes before COMMIT is sent leaves nothing', async () => {
    const timeoutMs = 300;
    const transaction = router.transaction(
      { number },
      async (tx) => {
        await tx.execute(INSERT, [number, tx.bucket, 'late']);
        await sleep(timeoutMs + 100);
      },
      { timeoutMs },
    );
    await expect(transaction).rejects.toMatchObject({ code: 'ROUTER_DEADLINE_EXCEEDED', sent: false });
    expect(await isThere()).toBe(false);
  });

  test('that passes while COMMIT is under way leaves its outcome unknown, and is not waited past', async () => {
    await committedBy('DO SLEEP(60); COMMIT;', async () => {
      const order = (tx: ShardTransaction) => tx.execute(INSERT, [number, tx.bucket, 'order']);
      const transaction = router.transaction({ number }, order, { timeoutMs: 1_000 });
      // If the commit waited as long as a statement may take, the error would be that the shard does not answer.
      await expect(transaction).rejects.toMatchObject({
        code: 'ROUTER_UNKNOWN_OUTCOME',
        cause: expect.objectContaining({ code: 'ROUTER_DEADLINE_EXCEEDED' }),
      });
    });
  });
});

test('COMMIT that the server refuses has failed for certain', async () => {
  const gaveUp = "SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'certification failed';";
  await committedBy(gaveUp, async () => {
    const transaction = router.transaction({ number }, (tx) =>
      tx.execute(INSERT, [number, tx.bucket, 'order']),
    );
    await expect(transaction).rejects.toMatchObject({ code: 'ROUTER_TRANSACTION_ABORTED' });
  });
  expect(await isThere()).toBe(false);
});

test('COMMIT after which a transaction is open is no success', async () => {
  await committedBy('COMMIT AND CHAIN;', async () => {
    const transaction = router.transaction({ number }, () => undefined);
    await expect(transaction).rejects.toThrow(UnknownOutcomeError);
  });
});

describe('the server judges', () => {
  test('a fence that lets nothing pass leaves nothing open, so that what was sent behind the opening is not written', async () => {
    const bucket = bucketOf(number, 1024);
    const give = (state: string, owner: number | null) =>
      router.onShard(0, (session) =>
        session.execute('UPDATE bucket_fences SET state = ?, next_owner = ? WHERE bucket = ?', [
          state,
          owner,
          bucket,
        ]),
      );
    await give('moved', 1);
    try {
      await pool.connected(async (connection) => {
        const answers = await Promise.allSettled([
          begin(connection),
          query(connection, 'INSERT INTO unguarded VALUES (1)'),
          query(connection, INSERT, [number, bucket, 'order']),
          query(connection, 'COMMIT'),
        ]);
        expect(answers.map(({ status }) => status)).toEqual([
          'rejected',
          'rejected',
          'rejected',
          'fulfilled',
        ]);
        expect((answers[0] as PromiseRejectedResult).reason).toBeInstanceOf(BucketElsewhereError);
      });
      expect(await isThere()).toBe(false);
      expect(await router.onShard(0, (session) => session.query('SELECT * FROM unguarded'))).toEqual([]);
    } finally {
      await give('owned', null);
    }
  });

  beforeAll(() =>
    router.onShard(0, (session) => session.execute('CREATE TABLE unguarded (id INT PRIMARY KEY)')),
  );

  test('a transaction of a key is opened with the generation that the fence tells', async () => {
    await pool.connected(async (connection) => {
      const open = await begin(connection, { number }, aKeyBucket());
      expect(open.keyGeneration).toBe(0);
      await open.rollback();
    });
  });

  test('no variable of a scope outlives it', async () => {
    const variables = (connection: PoolConnection) =>
      query(connection, 'SELECT @ordershard_rows r, @ordershard_bucket b, @ordershard_key_bucket k');
    await pool.connected(async (connection) => {
      for (const end of ['commit', 'rollback'] as const) {
        const open = await begin(connection, { number }, aKeyBucket());
        expect(await variables(connection)).not.toEqual([{ r: null, b: null, k: null }]);
        await open[end]();
        expect(await variables(connection)).toEqual([{ r: null, b: null, k: null }]);
      }
      let old = 1n;
      while (router.shardOf(old) !== 0) old += 1n;
      const refused = OpenTransaction.begin(
        connection,
        { number: old, fresh: true },
        {
          buckets: { bucket: bucketOf(old, 1024), keyBucket: undefined },
          keyGeneration: 0,
          rangeFrom: '0',
          timeoutMs: 5_000,
        },
      );
      await expect(refused).rejects.toMatchObject({ code: 'ROUTER_NUMBER_NOT_WRITABLE' });
      expect(await variables(connection)).toEqual([{ r: null, b: null, k: null }]);
    });
  });
});
