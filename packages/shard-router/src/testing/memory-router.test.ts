import { describe, expect, test } from '@jest/globals';
import { InvalidValueError, KeyElsewhereError, ShardMismatchError, UnknownShardError } from '../errors.ts';
import { MemoryRouter } from './memory-router.ts';

test('numbers and keys live where they would in a cluster of as many shards', () => {
  const router = new MemoryRouter({ shards: 3 });
  for (const shard of [0, 1, 2]) {
    const number = router.drawNumber(shard);
    expect(router.shardOf(number)).toBe(shard);
    expect(router.map.epochs[0]!.owners[router.bucketOf(number)]).toBe(shard);
  }
  expect(router.drawNumber()).not.toBe(router.drawNumber());
});

describe('statements', () => {
  test('are recorded with their shard and transaction, and answered', async () => {
    const router = new MemoryRouter({ answer: ({ sql }) => (sql.startsWith('SELECT') ? [{ n: 1 }] : []) });
    const number = router.drawNumber(1);
    const rows = await router.transaction({ number }, async (tx) => {
      expect(tx).toMatchObject({ number, bucket: router.bucketOf(number), shard: 1, keyGeneration: 0 });
      await tx.execute('UPDATE t SET a = ?', [1n]);
      return router.transaction({ number }, (inner) => inner.query('SELECT n'));
    });
    expect(rows).toEqual([{ n: 1 }]);
    await router.read(number, (session) => session.query('SELECT m'));
    expect(router.statements).toEqual([
      { shard: 1, sql: 'UPDATE t SET a = ?', values: [1n], transaction: 1 },
      { shard: 1, sql: 'SELECT n', values: [], transaction: 1 },
      { shard: 1, sql: 'SELECT m', values: [], transaction: 0 },
    ]);
    expect(router.committed).toEqual([1]);
  });

  test('take the values that the router takes', async () => {
    const router = new MemoryRouter();
    const wrong = router.onShard(0, (session) => session.query('SELECT ?', [{ toSqlString: 1 } as never]));
    await expect(wrong).rejects.toThrow(InvalidValueError);
  });
});

test('a transaction that throws does not commit', async () => {
  const router = new MemoryRouter();
  const failing = router.transaction({ number: router.drawNumber() }, () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(router.committed).toEqual([]);
});

test('what the router refuses of shards is refused', async () => {
  const router = new MemoryRouter();
  const here = router.drawNumber(0);
  const there = router.drawNumber(1);
  await router.transaction({ number: here }, async () => {
    await expect(router.withKey(there, () => undefined)).rejects.toThrow(ShardMismatchError);
  });
  const key = 'a-key';
  const elsewhere = router.drawNumber(1 - router.shardOf(key));
  await expect(router.transaction({ number: elsewhere, key }, () => undefined)).rejects.toThrow(
    KeyElsewhereError,
  );
  expect(() => router.drawNumber(7)).toThrow(UnknownShardError);
  await expect(router.withShard(7, () => undefined)).rejects.toThrow(UnknownShardError);
});
