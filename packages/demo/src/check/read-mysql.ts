import { type Connection, createConnection } from 'mysql2/promise';
import { parseExact } from '../exact-json.ts';
import type { Comparison } from './comparison.ts';
import { digest, type OrderContent } from './order-content.ts';
import { readable, readContent } from './read-content.ts';
import { selectBucketCount, selectOwnedFences } from './sql/select-fences.ts';
import { countItems, type ItemRow, selectItems } from './sql/select-items.ts';
import { selectKeys } from './sql/select-keys.ts';
import { type OrderRow, selectOrders } from './sql/select-orders.ts';
import { selectOutbox, selectOutboxTables } from './sql/select-outbox.ts';
import { Ownership } from './ownership.ts';
import type { Findings } from './findings.ts';

/** Rows that are held at a time. */
const PAGE = 2_000;

/** Opens one connection to each shard, runs `fn`, and closes them. */
export async function withShards<T>(
  urls: readonly string[],
  fn: (shards: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const opened = await Promise.allSettled(
    urls.map((uri) =>
      createConnection({
        uri,
        supportBigNumbers: true,
        bigNumberStrings: true,
        dateStrings: true,
        jsonStrings: true,
        charset: 'utf8mb4_bin',
        timezone: 'Z',
      }),
    ),
  );
  const connections = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
    return await fn(connections);
  } finally {
    await Promise.allSettled(connections.map((connection) => connection.end()));
  }
}

/** Reads from the fences which shard owns what. */
export async function readOwnership(shards: readonly Connection[]): Promise<Ownership> {
  const buckets = await selectBucketCount(shards[0]!);
  return new Ownership(buckets, await Promise.all(shards.map(selectOwnedFences)));
}

/** Passes every order, key and outbox row of a shard to a comparison, a page at a time. */
export async function readShard(
  connection: Connection,
  shard: number,
  comparison: Comparison,
  findings: Findings,
): Promise<void> {
  await readOrders(connection, shard, comparison, findings);
  await readKeys(connection, shard, comparison);
  const tables = await selectOutboxTables(connection);
  for (let table = 0; table < tables; table += 1)
    await readOutbox(connection, shard, table, comparison, findings);
}

async function readOrders(
  connection: Connection,
  shard: number,
  comparison: Comparison,
  findings: Findings,
): Promise<void> {
  let after = '-1';
  let lines = 0;
  for (;;) {
    const rows = await selectOrders(connection, after, PAGE);
    const last = rows.at(-1);
    if (last === undefined) break;
    const items = Map.groupBy(await selectItems(connection, after, last.number), (item) => item.number);
    for (const row of rows) {
      const own = items.get(row.number) ?? [];
      lines += own.length;
      readable(findings, 'mysql', row.number, () => comparison.orderRow(shard, contentOf(row, own)));
    }
    after = last.number;
  }
  const all = await countItems(connection);
  if (all !== lines)
    findings.add('duplicated', 'mysql', `shard ${shard}`, `${all - lines} lines of no order`);
}

async function readKeys(connection: Connection, shard: number, comparison: Comparison): Promise<void> {
  let after: readonly [string, string] = ['', ''];
  for (;;) {
    const rows = await selectKeys(connection, after, PAGE);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) comparison.idempotencyRow(shard, row.idempotency_key, row.number);
    after = [last.caller, last.idempotency_key];
  }
}

async function readOutbox(
  connection: Connection,
  shard: number,
  table: number,
  comparison: Comparison,
  findings: Findings,
): Promise<void> {
  let after = '0';
  for (;;) {
    const rows = await selectOutbox(connection, table, after, PAGE);
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) {
      readable(findings, 'mysql', row.event_id, () =>
        comparison.outboxRow(shard, {
          number: row.aggregateid,
          version: row.sequence,
          eventId: row.event_id,
          type: row.type,
          digest: digest(row.payload),
          content: readContent(parseExact(row.payload)),
        }),
      );
    }
    after = String(last.id);
  }
}

function contentOf(row: OrderRow, items: readonly ItemRow[]): OrderContent {
  return readContent({
    ...(parseExact(row.details) as object),
    number: row.number,
    version: row.version,
    status: row.status,
    memberId: row.member_id,
    shopId: row.shop_id,
    currency: row.currency,
    total: row.total,
    items: items.map((item) => ({
      line: item.line,
      menuId: item.menu_id,
      name: item.name,
      unitPrice: item.unit_price,
      quantity: item.quantity,
      amount: item.amount,
    })),
    placedAt: toRfc3339(row.created_at),
    updatedAt: toRfc3339(row.updated_at),
  });
}

/** A DATETIME(3) in UTC, as text, as RFC 3339. */
function toRfc3339(datetime: string): string {
  return `${datetime.replace(' ', 'T')}Z`;
}
