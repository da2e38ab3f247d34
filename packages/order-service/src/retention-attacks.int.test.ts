import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { holdNumber, OperationLease, type ShardRetention } from '@ordershard/rebalance';
import { connectShardRouter, encodeNumber, openShardSessions } from '@ordershard/shard-router';
import { dayAgo, DELIVERED, type RetentionScene, startRetentionScene } from './fixtures/retention-scene.ts';
import { ArchivedOrders } from './archive/archived-orders.ts';
import { changeOrder } from './commands/change-order.ts';
import { insertOrder } from './repository/sql/insert-order.ts';
import { orderAfter } from './fixtures/order-samples.ts';

// Nothing is dropped that is younger than the retention, unpublished, unarchived, held, or not in a final state.

let scene: RetentionScene;

afterEach(() => scene.end());

const only = (reports: readonly ShardRetention[]): ShardRetention => reports[0]!;

test('one event that is not published keeps the day, and says so', async () => {
  scene = await startRetentionScene('unpublished', { days: [32] });
  const number = await scene.place(32, DELIVERED);
  // The last of its events is not published; then it is one that lies in a gap; then one that is parked.
  const unsettle = (sql: string) => scene.onShard(0, (session) => session.execute(sql));
  const tables = await scene.onShard(0, async (session) => {
    const found: string[] = [];
    for (const table of [0, 1, 2, 3].map((n) => `outbox_orders_${n}`))
      if (
        (
          await session.query(`SELECT 1 AS n FROM ${table} WHERE aggregateid = ? LIMIT 1`, [
            number.toString(),
          ])
        ).length > 0
      )
        found.push(table);
    return found;
  });
  const [table] = tables;
  const attacks = [
    `UPDATE outbox_relays SET settled_id = settled_id - 1 WHERE table_name = '${table}'`,
    `UPDATE outbox_relays SET settled_id = settled_id + 1, gaps = CONCAT('[["', settled_id - 3, '","', settled_id - 3, '"]]') WHERE table_name = '${table}'`,
    `INSERT INTO outbox_parked (table_name, id, aggregateid, event_id, bucket, state, attempts, parked_at)
     SELECT '${table}', MAX(id), '${number}', 'e', 0, 'parked', 1, UTC_TIMESTAMP(3) FROM ${table}`,
  ];
  for (const attack of attacks) {
    await unsettle(attack);
    const { dropped, kept } = only(await scene.run());
    expect(dropped).toEqual([]);
    expect(kept).toEqual([{ day: dayAgo(32), why: `1 rows of ${table} are not published yet` }]);
    expect(await scene.find(number)).toMatchObject([{ where: 'shard' }]);
    await unsettle(`UPDATE outbox_relays SET gaps = '[]'`);
    await scene.settle();
  }
  await unsettle(`UPDATE outbox_parked SET state = 'discarded'`);
  expect(only(await scene.run()).dropped).toEqual([dayAgo(32)]);
});

test('an archive in which one byte is another keeps the day, whenever that was; written anew, the day goes', async () => {
  scene = await startRetentionScene('byte', { days: [32] });
  const number = await scene.place(32, DELIVERED);
  for (const after of ['archived', 'detached'] as const) {
    await expect(
      scene.run({
        tell: ({ step }) => {
          if (step === after) throw new Error('killed');
        },
      }),
    ).rejects.toThrow('killed');
    const path = join(scene.folder, `day=${dayAgo(32)}`, 'shard-0.parquet');
    const whole = await readFile(path);
    const bent = Buffer.from(whole);
    bent[bent.length >> 1]! ^= 1;
    await writeFile(path, bent);
    const { dropped, kept } = only(await scene.run());
    expect(dropped).toEqual([]);
    expect(kept).toEqual([{ day: dayAgo(32), why: expect.stringMatching(/is not what was put there/) }]);
    if (after === 'archived') await writeFile(path, whole);
  }
  // And between its last look and the drop: nothing is dropped that was not whole a moment ago.
  const late = only(
    await scene.run({
      archiveAgain: [dayAgo(32)],
      tell: async ({ step, detail }) => {
        if (step !== 'archived') return;
        // What is archived anew lies beside what was archived before.
        const path = join(scene.folder, detail!.split(',')[0]!);
        expect(path).toMatch(/shard-0\.2\.parquet$/);
        await writeFile(path, (await readFile(path)).subarray(0, -1));
      },
    }),
  );
  expect(late).toMatchObject({
    dropped: [],
    kept: [{ why: expect.stringMatching(/is not what was put there/) }],
  });
  expect(only(await scene.run({ archiveAgain: [dayAgo(32)] })).dropped).toEqual([dayAgo(32)]);
  expect(await scene.find(number)).toMatchObject([{ where: 'archive', version: 8 }]);
});

test('a held order, and one that is stuck in payment, are carried over, up to a bound; a day goes on time, and not before', async () => {
  scene = await startRetentionScene('held', { days: [31, 30] });
  const held = await scene.place(31, DELIVERED);
  const stuck = await scene.place(31, []);
  const final = await scene.place(31, DELIVERED);
  await holdNumber(scene.cluster, held, { reason: 'court', by: 'ann' });
  const young = await scene.place(30, DELIVERED);
  expect(only(await scene.run({ maxCarried: 1 }))).toMatchObject({
    dropped: [],
    kept: [{ why: expect.stringMatching(/more than 1 numbers are not final or are held/) }],
  });
  const { dropped, kept } = only(await scene.run());
  expect([dropped, kept]).toEqual([[dayAgo(31)], []]);
  expect(await scene.find(held)).toMatchObject([{ where: 'carried' }]);
  expect(await scene.find(stuck)).toMatchObject([{ where: 'carried' }]);
  expect(await scene.find(final)).toMatchObject([{ where: 'archive' }]);
  expect(await scene.find(young)).toMatchObject([{ where: 'shard' }]);
  await scene.command(stuck, 'pay');
  expect(await scene.find(stuck)).toMatchObject([{ where: 'carried', version: 2 }]);
});

test('in the middle of a move nothing is dropped, whether the mover holds its lease, or was killed before or after it began', async () => {
  scene = await startRetentionScene('move', { days: [32] });
  const number = await scene.place(32, DELIVERED);
  const sessions = openShardSessions(scene.shards);
  const lease = await OperationLease.acquire(sessions.onShard, 0, {
    holder: 'ann',
    what: 'move of 3 buckets',
  });
  expect(only(await scene.run({ patienceMs: 0 })).error).toMatch(
    /shard 0 is held by ann .*: move of 3 buckets/,
  );
  await lease.release();
  await sessions.close();
  const bucket = scene.router.bucketOf(number);
  const attacks = [
    [
      'planned',
      `INSERT INTO bucket_moves (plan_id, kind, bucket, source, target, cells, step, started_by, reason, planned_at, updated_at)
       VALUES (UUID(), 'numbers', ?, 0, 1, '[]', 'planned', 'ann', '', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    ],
    ['capturing', "UPDATE bucket_fences SET state = 'capturing', next_owner = 1 WHERE bucket = ?"],
  ] as const;
  for (const [state, attack] of attacks) {
    await scene.onShard(0, (session) => session.execute(attack, [bucket]));
    const report = only(await scene.run());
    expect(report.error).toBe(
      `bucket ${bucket} is ${state}: it is in the middle of a move, which must be resumed or rolled back first`,
    );
    expect(report.dropped).toEqual([]);
    expect(await scene.find(number)).toMatchObject([{ where: 'shard' }]);
  }
});

test('a refund that arrives between archive and drop is refused, says how it can be made, and nothing of it is half done', async () => {
  scene = await startRetentionScene('refund', { days: [32] });
  const number = await scene.place(32, DELIVERED);
  const parts = {
    router: scene.router,
    source: '/test',
    now: () => new Date(),
    archive: new ArchivedOrders(scene.archive),
  };
  const refund = { type: 'refund', by: 'service', reason: 'late' } as const;
  const caller = { role: 'service', subject: 'test' } as const;
  const steps = ['closed', 'archived', 'unreadable', 'detached', 'verified', 'dropped'];
  const asked: string[] = [];
  await scene.run({
    tell: async ({ step }) => {
      if (!steps.includes(step)) return;
      asked.push(step);
      await expect(changeOrder(parts, number, refund, { caller })).rejects.toMatchObject({
        code: 'ORDER_ARCHIVED',
        message: expect.stringMatching(/retention restore/),
      });
    },
  });
  expect(asked).toEqual(steps);
  expect(await scene.find(number)).toMatchObject([{ where: 'archive', version: 8 }]);
});

test('a refund that arrives while the fences rise is in the archive, or is refused', async () => {
  scene = await startRetentionScene('race', { days: [32] });
  const numbers: bigint[] = [];
  for (let i = 0; i < 8; i += 1) numbers.push(await scene.place(32, DELIVERED));
  const done = new Map<bigint, Promise<boolean>>();
  await scene.run({
    tell: async ({ step }) => {
      if (step !== 'carried') return;
      for (const number of numbers)
        done.set(
          number,
          scene.command(number, 'refund').then(
            () => true,
            () => false,
          ),
        );
      for (const number of numbers.slice(0, 4)) await done.get(number);
      await scene.settle();
    },
  });
  await Promise.all(done.values());
  await scene.settle();
  await scene.run();
  for (const number of numbers) {
    const version = (await done.get(number)!) ? 9 : 8;
    expect(await scene.find(number)).toMatchObject([{ where: 'archive', version }]);
  }
});

test('a writer whose clock is a month slow writes nothing below the lower end, whatever it says', async () => {
  scene = await startRetentionScene('slow', { days: [32, 31, 30] });
  await scene.place(32, DELIVERED);
  await scene.run();
  const router = await connectShardRouter({ clusterId: 'retention', shards: scene.shards });
  try {
    for (const [daysAgo, fresh] of [
      [32, true],
      [32, false],
      [30, true],
    ] as const) {
      const timeMs = Date.parse(`${dayAgo(daysAgo)}T12:00:00Z`);
      const number = encodeNumber({ timeMs, worker: 2, sequence: 1 });
      const order = { ...orderAfter(), number };
      const refused = { code: 'ROUTER_NUMBER_NOT_WRITABLE' };
      await expect(
        router.write({ number, fresh }, ({ bucket }) => ({ statements: [insertOrder(order, bucket)] })),
      ).rejects.toMatchObject(refused);
      await expect(
        router.transaction({ number, fresh }, (tx) => {
          const { sql, values } = insertOrder(order, tx.bucket);
          return tx.execute(sql, values);
        }),
      ).rejects.toMatchObject(refused);
      expect(await scene.find(number)).toEqual([]);
    }
  } finally {
    await router.close();
  }
});

test('an idle reader of the table keeps the day and is named; writers do not wait for it, and the day goes after it', async () => {
  scene = await startRetentionScene('idle', { days: [32] });
  const number = await scene.place(32, DELIVERED);
  const other = await scene.place(1, []);
  const sessions = openShardSessions(scene.shards);
  let letGo!: () => void;
  const told = new Promise<void>((resolve) => (letGo = resolve));
  let reading!: () => void;
  const begun = new Promise<void>((resolve) => (reading = resolve));
  const reader = sessions.onShard(0, async (session) => {
    await session.execute('START TRANSACTION');
    await session.query('SELECT COUNT(*) AS n FROM orders');
    reading();
    await told;
    await session.execute('COMMIT');
  });
  try {
    await begun;
    // It tries for as long as it takes; writes in between are done long before it has given up.
    let trying!: () => void;
    const tries = new Promise<void>((resolve) => (trying = resolve));
    const given = { up: false };
    const running = scene
      .run({
        tell: ({ step }) => {
          if (step === 'unreadable') trying();
        },
      })
      .finally(() => (given.up = true));
    await tries;
    for (const command of DELIVERED.slice(0, 3)) await scene.command(other, command);
    expect(given.up).toBe(false);
    const { dropped, kept } = only(await running);
    expect(dropped).toEqual([]);
    expect(kept).toMatchObject([
      {
        why: expect.stringMatching(
          /orders is held by a transaction that does not end: the oldest is connection \d+ of/,
        ),
      },
    ]);
  } finally {
    letGo();
    await reader;
    await sessions.close();
  }
  await scene.settle();
  expect(only(await scene.run()).dropped).toEqual([dayAgo(32)]);
  expect(await scene.find(number)).toMatchObject([{ where: 'archive' }]);
  expect(await scene.find(other)).toMatchObject([{ where: 'shard', version: 4 }]);
});
