import { describe, expect, test } from '@jest/globals';
import { hostileCalls, testHostileCalls } from '../entry/hostile-values.fixture.ts';
import {
  DeadlineExceededError,
  InvalidOptionError,
  InvalidValueError,
  KeyElsewhereError,
  RollbackOnlyError,
  ScopeClosedError,
  ShardMismatchError,
  TopologyError,
  TransactionControlError,
  UnknownShardError,
} from '../errors.ts';
import type { ShardRouter } from '../router.ts';
import type { ShardSession } from '../pools/session.ts';
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

describe('what is refused before a server is asked is refused here too', () => {
  const router = new MemoryRouter();
  const here = router.drawNumber(0);
  const other = router.drawNumber(0);
  const there = router.drawNumber(1);

  test('another target inside a transaction, and another number in a read', async () => {
    await router.transaction({ number: here }, async () => {
      await expect(router.transaction({ number: other }, () => undefined)).rejects.toThrow(
        ShardMismatchError,
      );
      await expect(router.read(other, (session) => session.query('SELECT 1'))).rejects.toThrow(
        ShardMismatchError,
      );
      await expect(router.onShard(1, (session) => session.query('SELECT 1'))).rejects.toThrow(
        ShardMismatchError,
      );
      expect(await router.outside(() => router.withKey(there, () => 'outside'))).toBe('outside');
    });
    await router.withKey(
      here,
      () => expect(router.withKey(there, () => undefined)).rejects.toThrow(ShardMismatchError),
      { locked: true },
    );
  });

  test('statements that control a transaction', async () => {
    const sent = router.statements.length;
    await router.transaction({ number: here }, (tx) =>
      expect(tx.execute('COMMIT /* c */')).rejects.toThrow(TransactionControlError),
    );
    await router.read(here, (session) =>
      expect(session.query('BEGIN')).rejects.toThrow(TransactionControlError),
    );
    expect(router.statements).toHaveLength(sent);
  });

  test('work in a scope, a session or a transaction that is over, or after its deadline', async () => {
    const sessions: ShardSession[] = [];
    await router.read(here, (session) => sessions.push(session));
    await router.onShard(0, async (session) => sessions.push(session));
    await router.transaction({ number: here }, (tx) => {
      expect(tx.open).toBe(true);
      sessions.push(tx);
    });
    expect(sessions[2]).toMatchObject({ open: false });
    for (const session of sessions) await expect(session.query('SELECT 1')).rejects.toThrow(ScopeClosedError);
    await router.withKey(
      here,
      () =>
        expect(router.read(here, (session) => session.query('SELECT 1'))).rejects.toThrow(
          DeadlineExceededError,
        ),
      { timeoutMs: 0 },
    );
  });

  test('a commit of a transaction in which a part has failed', async () => {
    const whole = router.transaction({ number: here }, async () => {
      await router
        .transaction({ number: here }, () => Promise.reject(new Error('no')))
        .catch(() => undefined);
    });
    await expect(whole).rejects.toThrow(RollbackOnlyError);
    expect(router.inTransaction).toBe(false);
  });

  test('the number of a transaction for a key, and options that are none', async () => {
    await router.transaction({ text: 'a-key' }, (tx) => expect(() => tx.number).toThrow(TopologyError));
    expect(() => new MemoryRouter({ shard: 3 } as never)).toThrow(InvalidOptionError);
  });
});

describe('a value that does not belong', () => {
  const router = new MemoryRouter();
  const good = router.drawNumber(0);
  const calls = hostileCalls(() => ({ router: router as unknown as ShardRouter, good }));
  testHostileCalls(Object.fromEntries(Object.entries(calls).filter(([method]) => method in router)));
});
