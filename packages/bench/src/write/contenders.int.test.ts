import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { shardsFromUrls, withShardSessions } from '@ordershard/shard-router';
import { testNamespace } from '@ordershard/stack';
import { prepareCluster, type WriteCluster } from './cluster.ts';
import { type Contender, FenceShutError, type Work } from './contender.ts';
import { CONTENDERS, type ContenderId } from './contenders.ts';
import { type BenchOrder, OrderMaker } from './orders.ts';
import { emptyTables, verifyRows, WrongCountError } from './verify.ts';

let cluster: WriteCluster;

beforeAll(async () => {
  const namespace = await testNamespace('write');
  const shards = shardsFromUrls(namespace.env['ORDERSHARD_MYSQL_URLS']!.split(','));
  cluster = await prepareCluster(shards, [], () => namespace.drop());
});

afterAll(() => cluster.close());

/** Everything that is stored of an order, but for ids and times that the server gives. */
async function stored({ number, shard }: BenchOrder): Promise<unknown> {
  const [rows] = await withShardSessions([cluster.shards[shard]!], async (session) => {
    const of = (table: string, column = 'number') =>
      session.query<Record<string, unknown>>(`SELECT * FROM ${table} WHERE ${column} = ?`, [
        number.toString(),
      ]);
    return {
      orders: await of('orders'),
      items: await of('order_items'),
      keys: await of('idempotency_keys'),
      events: (await Promise.all([0, 1, 2, 3].map((n) => of(`outbox_orders_${n}`, 'aggregateid')))).flatMap(
        (events, table) => events.map((event) => ({ ...event, id: undefined, day: undefined, table })),
      ),
    };
  });
  return rows;
}

async function setFence(table: string, state: string): Promise<void> {
  await withShardSessions(cluster.shards, (session) =>
    session.execute(`UPDATE ${table} SET state = ?`, [state]),
  );
}

const nothing = { orders: [], items: [], keys: [], events: [] };
const names = Object.keys(CONTENDERS) as ContenderId[];

describe.each(names)('%s', (name) => {
  let contender: Contender;
  const openAs = (work: Work) => CONTENDERS[name](cluster, { work, connections: 2 });
  const maker = () => new OrderMaker(cluster.router, contender.name, 7);

  beforeAll(async () => {
    contender = await openAs('fenced');
  });
  afterAll(async () => {
    await contender.close();
    await emptyTables(cluster);
  });

  test('stores an order as it is, with its key and its event', async () => {
    const order = maker().make();
    await contender.place(order);
    const { number, bucket, keyBucket, createdAt, requestHash } = order;
    expect(await stored(order)).toEqual({
      orders: [
        {
          number: number.toString(),
          bucket,
          version: 1,
          status: 'created',
          member_id: order.memberId,
          shop_id: order.shopId,
          currency: 'EUR',
          total: order.total.toString(),
          details: expect.any(String),
          created_at: createdAt,
          updated_at: createdAt,
        },
      ],
      items: order.lines.map(({ line, menuId, name: dish, unitPrice, quantity, amount }) => ({
        number: number.toString(),
        line,
        bucket,
        menu_id: menuId,
        name: dish,
        unit_price: unitPrice.toString(),
        quantity,
        amount: amount.toString(),
      })),
      keys: [
        {
          caller: order.caller,
          idempotency_key: order.key,
          bucket: keyBucket,
          key_generation: cluster.fences.keyGeneration,
          request_hash: requestHash,
          number: number.toString(),
          answer: order.payload,
          expires_at: order.keyExpiresAt,
        },
      ],
      events: [
        {
          id: undefined,
          day: undefined,
          table: Number(order.outboxTable.at(-1)),
          event_id: order.eventId,
          aggregatetype: 'orders',
          aggregateid: number.toString(),
          type: 'order.created',
          sequence: 1,
          bucket,
          payload: order.payload,
          traceparent: null,
          occurred_at: createdAt,
        },
      ],
    });
    const { orders } = (await stored(order)) as { orders: readonly { details: string }[] };
    expect(JSON.parse(orders[0]!.details)).toEqual(JSON.parse(order.details));
  });

  test.each(['bucket_fences', 'key_fences'])(
    'stores nothing while %s are frozen, and all after',
    async (table) => {
      const order = maker().make();
      await setFence(table, 'frozen');
      try {
        await expect(contender.place(order)).rejects.toThrow(FenceShutError);
      } finally {
        await setFence(table, 'owned');
      }
      expect(await stored(order)).toEqual(nothing);
      await emptyTables(cluster);
      await contender.place(order);
      await verifyRows(cluster, [{ name: contender.name, acknowledged: 1, keyed: true }]);
    },
  );

  test('keeps every order of many callers at once', async () => {
    await emptyTables(cluster);
    const orders = maker();
    await Promise.all(Array.from({ length: 60 }, () => contender.place(orders.make())));
    await verifyRows(cluster, [{ name: contender.name, acknowledged: 60, keyed: true }]);
    const short = verifyRows(cluster, [{ name: contender.name, acknowledged: 61, keyed: true }]);
    await expect(short).rejects.toThrow(WrongCountError);
  });

  test('leaves key and fences out where that is the work', async () => {
    await emptyTables(cluster);
    const plain = await openAs('plain');
    try {
      await plain.place(maker().make());
    } finally {
      await plain.close();
    }
    await verifyRows(cluster, [
      { name: plain.name, acknowledged: 1, keyed: plain.kind === 'floor' || plain.kind === 'ours' },
    ]);
  });
});
