import { MongoClient } from 'mongodb';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { compareInterleaved, type Comparison } from '../measure/interleaved.ts';
import { textTable } from '../measure/table.ts';
import { Load, type RequestText } from './load.ts';
import { ORDER, OrderApi } from './order-api.ts';

const CONNECTIONS = 64;
const ROUNDS = 7;
const ROUND_MS = 1_000;
const VIEWS = 1_000;

/**
 * POST and GET of orders at 64 connections: the API against a bare Express handler of the same work, with knex and with
 * mongodb.
 */
export async function run({ rounds = ROUNDS, callers, progress }: BenchOptions): Promise<BenchResult> {
  const connections = callers?.[0] ?? CONNECTIONS;
  const orders = await OrderApi.start(progress);
  try {
    const bare = await orders.startBeside('bare-server.ts');
    const numbers = await fillViews(orders);
    const compare = async (expected: number, request: RequestText) => {
      const ports = [orders.api.port, bare.port];
      const loads = await Promise.all(ports.map((port) => Load.open(port, connections, expected)));
      try {
        return await compareInterleaved(
          () => loads[0]!.round(ROUND_MS, request),
          () => loads[1]!.round(ROUND_MS, request),
          rounds,
        );
      } finally {
        for (const load of loads) load.close();
      }
    };
    let key = 0;
    progress('reading');
    const get = await compare(
      200,
      () => `${orders.head(`GET /v1/orders/${numbers[(key += 1) % numbers.length]!}`)}\r\n`,
    );
    progress('placing');
    const post = await compare(201, () => orders.placing(`Idempotency-Key: k-${(key += 1)}\r\n`));
    return {
      table: textTable(
        [`${connections} connections`, 'ours/s', 'bare/s', 'ratio', '95 % interval'],
        Object.entries({ post, get }).map(([name, { subject, baseline, ratio, interval }]) => [
          name,
          subject.toFixed(0),
          baseline.toFixed(0),
          ratio.toFixed(2),
          `${interval.low.toFixed(2)} to ${interval.high.toFixed(2)}`,
        ]),
      ),
      json: { connections, rounds, post: figures(post), get: figures(get) },
    };
  } finally {
    await orders.close();
  }
}

const figures = ({ subject, baseline, ratio, interval }: Comparison) => ({
  ours: Math.round(subject),
  bare: Math.round(baseline),
  ratio: Math.round(ratio * 1_000) / 1_000,
  interval,
});

/** Places an order, stores views like it as the projector would, and returns the numbers of the views. */
async function fillViews(orders: OrderApi): Promise<readonly string[]> {
  const order = (await orders.call('POST', '/v1/orders', ORDER)) as Record<string, unknown> & {
    number: string;
    placedAt: string;
  };
  const { number, placedAt, updatedAt: _, timeline: __, ...rest } = order;
  const at = new Date(placedAt);
  const mongo = new MongoClient(orders.stack.env['ORDERSHARD_MONGODB_URL']!, { useBigInt64: true });
  try {
    const first = BigInt(number);
    const views = Array.from({ length: VIEWS }, (_unused, index) => ({
      ...rest,
      _id: first + BigInt(index),
      timeline: [{ status: 'created', at }],
      placedAt: at,
      updatedAt: at,
    }));
    await mongo.db().collection<{ _id: bigint }>('order_views').insertMany(views);
    return views.map(({ _id }) => _id.toString());
  } finally {
    await mongo.close();
  }
}
