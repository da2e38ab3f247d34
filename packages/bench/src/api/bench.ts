import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { migrate, readShardSettings } from '@ordershard/order-service/bench';
import { mintToken, startProcess, startStack, type OwnProcess } from '@ordershard/stack';
import type { BenchOptions, BenchResult } from '../benchmark.ts';
import { compareInterleaved, type Comparison } from '../measure/interleaved.ts';
import { textTable } from '../measure/table.ts';
import { CLUSTER } from '../write/cluster.ts';
import { Load, type RequestText } from './load.ts';

const CONNECTIONS = 64;
const ROUNDS = 7;
const ROUND_MS = 1_000;
const VIEWS = 1_000;
const MEMBER = 'm-bench';
const SHOP = { name: 'Bench', currency: 'KRW', menus: [{ menuId: 'rice', name: 'Rice', price: 4_500 }] };
const ORDER = JSON.stringify({
  shopId: 's-bench',
  items: [1, 2, 3].map((quantity) => ({ menuId: 'rice', quantity })),
  note: 'n',
});

/** POST and GET of orders at 64 connections: the API against a bare Express handler of the same work, with knex and with mongodb. */
export async function run({ rounds = ROUNDS, callers, progress }: BenchOptions): Promise<BenchResult> {
  const connections = callers?.[0] ?? CONNECTIONS;
  const stack = await startStack({
    ephemeral: true,
    shards: 2,
    parts: ['mysql', 'mongodb', 'kafka'],
    onProgress: progress,
  });
  const processes: OwnProcess[] = [];
  try {
    const { shards } = readShardSettings(stack.env);
    await migrate(CLUSTER, shards);
    const env = {
      ...stack.env,
      ORDERSHARD_CLUSTER: CLUSTER,
      ORDERSHARD_API_PORT: '0',
      ORDERSHARD_API_RATE_MEMBER: '0',
      ORDERSHARD_API_DRAIN_MS: '0',
      ORDERSHARD_LOG_LEVEL: 'info',
      NODE_ENV: 'production',
    };
    const start = async (file: string, args: readonly string[] = []) => {
      const own = await startProcess({
        file: fileURLToPath(new URL(file, import.meta.url)),
        args,
        env,
        readyWithinMs: 120_000,
      });
      processes.push(own);
      return own.port;
    };
    const ours = await start('../../../order-service/src/bin.ts', ['serve']);
    const bare = await start('bare-server.ts');
    const operator = await mintToken({ role: 'operator', subject: 'bench' }, env);
    const put = await fetch(`http://127.0.0.1:${ours}/v1/shops/s-bench`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${operator}`, 'content-type': 'application/json' },
      body: JSON.stringify(SHOP),
    });
    if (!put.ok) throw new Error(`the shop was not put: ${await put.text()}`);
    const token = await mintToken({ role: 'member', subject: MEMBER, ttlSeconds: 7_200 }, env);
    const numbers = await fillViews(ours, token, stack.env['ORDERSHARD_MONGODB_URL']!);
    const compare = async (expected: number, request: RequestText) => {
      const loads = await Promise.all([ours, bare].map((port) => Load.open(port, connections, expected)));
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
    const head = (line: string) => `${line} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n`;
    let key = 0;
    progress('reading');
    const get = await compare(
      200,
      () => `${head(`GET /v1/orders/${numbers[(key += 1) % numbers.length]!}`)}\r\n`,
    );
    progress('placing');
    const body = `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(ORDER)}\r\n\r\n${ORDER}`;
    const post = await compare(
      201,
      () => `${head('POST /v1/orders')}Idempotency-Key: k-${(key += 1)}\r\n${body}`,
    );
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
    await Promise.all(processes.map((own) => own.stop()));
    await stack.stop();
  }
}

const figures = ({ subject, baseline, ratio, interval }: Comparison) => ({
  ours: Math.round(subject),
  bare: Math.round(baseline),
  ratio: Math.round(ratio * 1_000) / 1_000,
  interval,
});

/** Places an order, and puts views like it, as the projector would; gives their numbers. */
async function fillViews(port: number, token: string, url: string): Promise<readonly string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/v1/orders`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: ORDER,
  });
  const order = (await answer.json()) as Record<string, unknown> & { number: string; placedAt: string };
  const { number, placedAt, updatedAt: _, timeline: __, ...rest } = order;
  const at = new Date(placedAt);
  const mongo = new MongoClient(url, { useBigInt64: true });
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
