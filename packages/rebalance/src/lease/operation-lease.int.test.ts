import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { inTransaction, openShardSessions, type ShardSessions } from '@ordershard/shard-router';
import { startTestShards, type TestShards } from '@ordershard/shard-router/testing';
import { OperationLeaseLostError, ShardBusyError } from './errors.ts';
import { OperationLease } from './operation-lease.ts';
import { OperationLeases } from './operation-leases.ts';

let cluster: TestShards;
let sessions: ShardSessions;

beforeAll(async () => {
  cluster = await startTestShards({
    urls: process.env['ORDERSHARD_MYSQL_URLS']!.split(','),
    bucketCount: 16,
  });
  sessions = openShardSessions(cluster.shards);
});

afterAll(async () => {
  await sessions.close();
  await cluster.end();
});

const lease = (holder: string, leaseMs?: number) =>
  OperationLease.acquire(sessions.onShard, 0, {
    holder,
    what: `a test of ${holder}`,
    ...(leaseMs === undefined ? {} : { leaseMs }),
  });

const checked = (held: OperationLease) =>
  sessions.onShard(0, (session) => inTransaction(session, () => held.check(session)));

/** Takes a lease as soon as it is free. */
async function whenFree(holder: string): Promise<OperationLease> {
  for (;;) {
    try {
      return await lease(holder);
    } catch (error) {
      if (!(error instanceof ShardBusyError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

test('the second is told who holds a shard; the token rises with each holder', async () => {
  const first = await lease('ann');
  await expect(lease('bob')).rejects.toMatchObject({
    code: 'REBALANCE_SHARD_BUSY',
    shard: 0,
    holder: 'ann',
    what: 'a test of ann',
  });
  await checked(first);
  await first.release();
  const second = await lease('bob');
  expect(second.token).toBe(first.token + 1n);
  await expect(checked(first)).rejects.toThrow(OperationLeaseLostError);
  await checked(second);
  await second.release();
});

test('a lease is prolonged while its holder works, whatever its steps hold', async () => {
  const held = await lease('ann', 300);
  await sessions.onShard(0, (session) =>
    inTransaction(session, async () => {
      await held.check(session);
      await session.query('SELECT SLEEP(1)');
      await expect(lease('bob')).rejects.toThrow(ShardBusyError);
      await held.check(session);
    }),
  );
  expect(held.signal.aborted).toBe(false);
  await held.release();
});

test('a holder that was thought dead is told so by its next step', async () => {
  const dead = await lease('ann', 200);
  dead.stop();
  const next = await whenFree('bob');
  await expect(checked(dead)).rejects.toMatchObject({ code: 'REBALANCE_LEASE_LOST', shard: 0 });
  expect(dead.signal.aborted).toBe(true);
  await dead.release();
  await checked(next);
  await next.release();
});

test('nobody takes a lease over in the middle of a step', async () => {
  const dead = await lease('ann', 100);
  dead.stop();
  const order: string[] = [];
  let taken: Promise<OperationLease> | undefined;
  await sessions.onShard(0, (session) =>
    inTransaction(session, async () => {
      await dead.check(session);
      taken = whenFree('bob').then((next) => {
        order.push('taken over');
        return next;
      });
      await session.query('SELECT SLEEP(0.5)');
      order.push('step ended');
    }),
  );
  await (await taken!).release();
  expect(order).toEqual(['step ended', 'taken over']);
});

test('of several shards all are taken, or none', async () => {
  const held = await OperationLease.acquire(sessions.onShard, 1, { holder: 'ann', what: 'x' });
  await expect(
    OperationLeases.acquire(sessions.onShard, [1, 0], { holder: 'bob', what: 'y' }),
  ).rejects.toMatchObject({ shard: 1, holder: 'ann' });
  await held.release();
  const both = await OperationLeases.acquire(sessions.onShard, [1, 0], { holder: 'bob', what: 'y' });
  await expect(lease('cid')).rejects.toThrow(ShardBusyError);
  await both.release();
  await (await lease('cid')).release();
});
