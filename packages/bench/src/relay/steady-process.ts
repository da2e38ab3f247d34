import { setTimeout as sleep } from 'node:timers/promises';
import { createPool } from 'mysql2/promise';
import { embedRelay, ORDERS_TOPIC, outboxTableOf, relaySettings } from '@ordershard/outbox';
import { payloadOf } from './rows.ts';

// Writes outbox rows at an even pace, one in each transaction, and tells when each was sent; steady.ts runs it.
// When it is told so, the relay runs in this process too, and is woken by each commit.

const perSecond = Number(process.env['STEADY_PER_SECOND']);
const seconds = Number(process.env['STEADY_SECONDS']);
const settings = relaySettings(process.env);
const relay = process.env['STEADY_EMBEDDED'] === 'true' ? await embedRelay(settings) : undefined;
const pools = settings.shards.shards.map(({ writer: uri }) => {
  const pool = createPool({ uri, connectionLimit: 4, timezone: 'Z' });
  pool.pool.on('connection', (connection) => {
    connection.query(`SET time_zone = '+00:00', @ordershard_bucket = -1`);
  });
  return pool;
});
const day = new Date().toISOString().slice(0, 10);
const commits: [string, number][] = [];

async function write(sequence: number): Promise<void> {
  const shard = sequence % pools.length;
  const number = String(2_000_000_000_000_000_000n + BigInt(sequence));
  const id = `${number}-1`;
  // Its commit is somewhere between this and the answer, which a fast relay can be ahead of.
  const at = performance.timeOrigin + performance.now();
  await pools[shard]!.query(
    `INSERT INTO ${outboxTableOf(ORDERS_TOPIC, number)}
       (day, event_id, aggregatetype, aggregateid, type, sequence, bucket, payload, occurred_at)
     VALUES (?, ?, ?, ?, 'order.created', 1, 0, ?, UTC_TIMESTAMP(3))`,
    [day, id, ORDERS_TOPIC.name, number, payloadOf(number, 1)],
  );
  commits.push([id, at]);
  relay?.wake(shard);
}

say({ msg: 'ready' });
const begun = performance.now();
const pending = new Set<Promise<void>>();
for (let sequence = 0; sequence < perSecond * seconds; sequence += 1) {
  const due = begun + (sequence * 1_000) / perSecond;
  const early = due - performance.now();
  if (early > 1) await sleep(early);
  const one = write(sequence).finally(() => pending.delete(one));
  pending.add(one);
}
await Promise.all(pending);
say({ msg: 'written', commits });

process.once('SIGTERM', () => {
  void (async () => {
    await relay?.stop();
    for (const pool of pools) await pool.end();
    process.exit(0);
  })();
});

function say(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
