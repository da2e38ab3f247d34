import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type EncodedEvent, eventId, toOrderNumber } from '@ordershard/order-events';
import type { ShardRouter } from '@ordershard/shard-router';
import type { RowDataPacket } from 'mysql2/promise';
import { NotInTransactionError } from '../errors.ts';
import { OutboxCluster } from '../outbox.fixture.ts';
import { appendEvent } from './append-event.ts';
import { ORDERS_TOPIC, outboxTableOf } from './topic.ts';

let cluster: OutboxCluster;
let router: ShardRouter;

beforeAll(async () => {
  cluster = await OutboxCluster.create('append');
  router = await cluster.router();
});

afterAll(async () => cluster.end());

const eventOf = (number: bigint): EncodedEvent => {
  const subject = toOrderNumber(number);
  return {
    id: eventId(subject, 1),
    source: '/x',
    type: 'order.created',
    subject,
    time: '2026-01-02T03:04:05.678Z',
    sequence: 1,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    json: JSON.stringify({ text: `'; "\\ 떡볶이 \u{1f35c}` }),
  };
};

async function rowsOf(number: bigint): Promise<RowDataPacket[]> {
  const connection = await cluster.connect(router.shardOf(number));
  const [rows] = await connection.query<RowDataPacket[]>(
    `SELECT event_id, aggregatetype, type, sequence, bucket, payload, traceparent,
            CAST(occurred_at AS CHAR) AS occurred_at, day = UTC_DATE() AS today
       FROM ${outboxTableOf(ORDERS_TOPIC, number.toString())} WHERE aggregateid = ?`,
    [number.toString()],
  );
  return rows;
}

test('an event is there when its transaction commits, as it was', async () => {
  const number = router.drawNumber();
  const event = eventOf(number);
  await router.transaction({ number }, (tx) => appendEvent(tx, ORDERS_TOPIC, event));
  expect(await rowsOf(number)).toEqual([
    {
      event_id: `${number}-1`,
      aggregatetype: 'orders',
      type: 'order.created',
      sequence: 1,
      bucket: router.bucketOf(number),
      payload: event.json,
      traceparent: event.traceparent,
      occurred_at: '2026-01-02 03:04:05.678',
      today: 1,
    },
  ]);
});

test('it is not there when its transaction is rolled back', async () => {
  const number = router.drawNumber();
  const failing = router.transaction({ number }, async (tx) => {
    await appendEvent(tx, ORDERS_TOPIC, eventOf(number));
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await rowsOf(number)).toEqual([]);
});

test('a transaction that is over is refused', async () => {
  const number = router.drawNumber();
  const over = await router.transaction({ number }, async (tx) => ({ tx }));
  await expect(appendEvent(over.tx, ORDERS_TOPIC, eventOf(number))).rejects.toThrow(NotInTransactionError);
  expect(await rowsOf(number)).toEqual([]);
});

test("an operator's session is refused, and another order's transaction", async () => {
  const number = router.drawNumber();
  const event = eventOf(number);
  const session = router.onShard(0, (operator) => appendEvent(operator as never, ORDERS_TOPIC, event));
  await expect(session).rejects.toThrow(NotInTransactionError);
  const other = router.transaction({ number: router.drawNumber() }, (tx) =>
    appendEvent(tx, ORDERS_TOPIC, event),
  );
  await expect(other).rejects.toThrow(NotInTransactionError);
  expect(await rowsOf(number)).toEqual([]);
});
