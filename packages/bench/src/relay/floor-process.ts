import { setTimeout as sleep } from 'node:timers/promises';
import { compatibilityPartitioner, Producer, stringSerializers } from '@platformatic/kafka';
import { createConnection, type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';
import type { Place } from './scene.ts';

// The relay that a good engineer writes by hand in an afternoon, with the same client libraries: for each table a loop
// that reads the next rows, publishes them with an idempotent producer, and, as the embedded relay does, holds a lease,
// watches for ids that were skipped, keeps the rows, and stores how far it is a few times a second. What it leaves out
// is all that can go wrong.

const BATCH_ROWS = 1_000;
const SAVE_MS = 200;
const IDLE_MS = 5;
const RENEW_MS = 2_000;

const env = process.env as Record<string, string>;
const urls = env['FLOOR_URLS']!.split(',');
const places = JSON.parse(env['FLOOR_PLACES']!) as Place[];
const topic = env['FLOOR_TOPIC']!;
const source = '/ordershard/bench/orders';

const stopping = new AbortController();

async function relay({ shard, table }: Place): Promise<void> {
  const connection = await createConnection({
    uri: urls[shard]!,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  await connection.query(`SET time_zone = '+00:00'`);
  const producer = new Producer({
    clientId: `floor-${shard}-${table}`,
    bootstrapBrokers: env['FLOOR_BROKERS']!.split(','),
    serializers: stringSerializers,
    partitioner: compatibilityPartitioner,
    idempotent: true,
    acks: -1,
  });
  await connection.query(
    `INSERT INTO outbox_relays (table_name, holder, token, leased_until, settled_id, gaps)
     VALUES (?, 'floor', 1, UTC_TIMESTAMP(3) + INTERVAL 10 SECOND, 0, '[]')
     ON DUPLICATE KEY UPDATE holder = 'floor', token = token + 1, leased_until = VALUES(leased_until)`,
    [table],
  );
  let last = 0n;
  const gaps: [bigint, bigint][] = [];
  let savedAt = performance.now();
  let renewedAt = performance.now();
  while (!stopping.signal.aborted) {
    const skipped = gaps.map(([first, to]) => ` OR id BETWEEN ${first} AND ${to}`).join('');
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT id, event_id, aggregateid, type, sequence, payload, traceparent, occurred_at FROM ${table}
        WHERE id > ${last}${skipped} ORDER BY id LIMIT ${BATCH_ROWS}`,
    );
    if (rows.length > 0) {
      await producer.send({
        messages: rows.map((row) => ({
          topic,
          key: row['aggregateid'] as string,
          value: row['payload'] as string,
          headers: {
            ce_specversion: '1.0',
            ce_id: row['event_id'] as string,
            ce_source: source,
            ce_type: row['type'] as string,
            ce_subject: row['aggregateid'] as string,
            ce_time: `${(row['occurred_at'] as string).replace(' ', 'T')}Z`,
            ce_sequence: String(row['sequence']),
            'content-type': 'application/json',
          },
        })),
      });
      for (const row of rows) {
        const id = BigInt(row['id'] as string);
        if (id > last + 1n && last > 0n) gaps.push([last + 1n, id - 1n]);
        if (id > last) last = id;
      }
    }
    const now = performance.now();
    if (now - savedAt > SAVE_MS) {
      savedAt = now;
      await connection.query<ResultSetHeader>(
        `UPDATE outbox_relays SET settled_id = ?, gaps = ? WHERE table_name = ? AND holder = 'floor'`,
        [last, JSON.stringify(gaps.map((gap) => gap.map(String))), table],
      );
    }
    if (now - renewedAt > RENEW_MS) {
      renewedAt = now;
      await connection.query(
        `UPDATE outbox_relays SET leased_until = UTC_TIMESTAMP(3) + INTERVAL 10 SECOND
          WHERE table_name = ? AND holder = 'floor'`,
        [table],
      );
    }
    if (rows.length === 0) await sleep(IDLE_MS);
  }
  await producer.close();
  await connection.end();
}

const work = Promise.all(places.map(relay));
process.once('SIGTERM', () => {
  stopping.abort();
  void work.then(() => process.exit(0));
});
process.stdout.write(`${JSON.stringify({ msg: 'ready' })}\n`);
