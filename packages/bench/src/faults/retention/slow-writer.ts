import { placeOrder } from '@ordershard/order-service';
import { connectShardRouter, encodeNumber, shardsFromEnv } from '@ordershard/shard-router';
import { CALLER, partsOf, REQUEST } from './ordering.ts';
import type { SlowAnswers } from './journal.ts';

// A process that writes by a clock that is weeks slow. It uses numbers of its own making, whose day is on its way out or
// gone, as new and as not new; and one number that the router is to draw. It writes the answers to standard output.

const router = await connectShardRouter({
  clusterId: process.env['ORDERSHARD_CLUSTER']!,
  ...shardsFromEnv(process.env),
});
const parts = partsOf(router);

async function write(fresh: boolean): Promise<string> {
  const number = encodeNumber({ timeMs: Date.now(), worker: 1_000, sequence: fresh ? 1 : 2 });
  await router.write({ number, fresh }, ({ bucket }) => ({
    statements: [
      {
        sql: `INSERT INTO orders (number, bucket, version, status, member_id, shop_id, currency, total, details, created_at, updated_at)
              VALUES (?, ?, 1, 'created', 'm-slow', 's-1', 'KRW', 1, '{}', UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
        values: [number, bucket],
      },
    ],
  }));
  return String(number);
}

const tries: Readonly<Record<string, () => Promise<string>>> = {
  stored: () => write(false),
  new: () => write(true),
  drawn: async () => (await placeOrder(parts, REQUEST, { caller: CALLER })).snapshot.number,
};
const answers: Record<string, SlowAnswers[string]> = {};
for (const [what, attempt] of Object.entries(tries)) {
  try {
    answers[what] = { number: await attempt() };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    answers[what] = { code: code ?? 'NONE', message };
  }
}
process.stdout.write(JSON.stringify(answers));
await router.close();
