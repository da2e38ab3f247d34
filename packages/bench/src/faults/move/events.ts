import type { Connection, RowDataPacket } from 'mysql2/promise';
import { withPlain } from '../connect.ts';
import type { Findings } from '../findings.ts';
import { messagesOf } from '../relay/check/topic.ts';
import { OUTBOX_TABLES } from '../write/check/check.ts';

/** Rows that are read at once. */
const PAGE = 20_000;

/** How the events of a topic are, compared with the outbox rows of all shards. */
export interface EventCounts {
  readonly events: number;
  readonly messages: number;
  readonly redelivered: number;
}

/**
 * Compares a topic with the outbox rows that it came from, wherever a move has left them. Each version must be in the tables
 * once, each row must be published, and the first deliveries of an order must be in order. Nothing may be written or relayed
 * meanwhile.
 *
 * @param isLeftOut says which orders' events are not compared
 */
export async function checkEvents(
  urls: readonly string[],
  brokers: string,
  topic: string,
  findings: Findings,
  isLeftOut: (number: string) => boolean = () => false,
): Promise<EventCounts> {
  const expected = new Map<string, boolean>();
  await withPlain(urls, async (connections) => {
    for (const [shard, connection] of connections.entries())
      for (const table of OUTBOX_TABLES)
        for await (const id of eventIds(connection, table)) {
          if (isLeftOut(id.split('-')[0]!)) continue;
          if (expected.has(id))
            findings.add('duplicated', id, `an event again, on shard ${shard} in ${table}`);
          expected.set(id, false);
        }
  });
  const last = new Map<string, number>();
  let messages = 0;
  let redelivered = 0;
  for await (const { key, headers } of messagesOf(brokers, topic)) {
    messages += 1;
    if (isLeftOut(key)) continue;
    const id = headers['ce_id'] ?? '';
    const version = Number(headers['ce_sequence']);
    const published = expected.get(id);
    if (published === undefined) findings.add('mismatched', id, `a message of ${key} has no row`);
    if (published === true) {
      redelivered += 1;
      continue;
    }
    expected.set(id, true);
    const before = last.get(key) ?? 0;
    if (version < before) findings.add('outOfOrder', id, `first published after version ${before}`);
    else last.set(key, version);
  }
  for (const [id, published] of expected)
    if (!published) findings.add('lost', id, 'committed, and not on the topic');
  return { events: expected.size, messages, redelivered };
}

/** The ids of events of a table, in the order of its rows. */
async function* eventIds(connection: Connection, table: string): AsyncGenerator<string> {
  for (let after = '0'; ;) {
    const [rows] = await connection.query<RowDataPacket[]>(
      `SELECT id, event_id FROM ${table} WHERE id > ? ORDER BY id LIMIT ${PAGE}`,
      [after],
    );
    for (const row of rows) yield row['event_id'] as string;
    if (rows.length < PAGE) return;
    after = rows.at(-1)!['id'] as string;
  }
}

/** Whether the relays have published every row of the tables, according to what they have noted. */
export async function allRelayed(urls: readonly string[]): Promise<boolean> {
  return withPlain(urls, async (connections) => {
    for (const connection of connections)
      for (const table of OUTBOX_TABLES) {
        const [[row]] = await connection.query<RowDataPacket[]>(
          `SELECT COALESCE((SELECT MAX(id) FROM ${table}), 0) AS last,
                  COALESCE((SELECT settled_id FROM outbox_relays WHERE table_name = '${table}'), 0) AS settled,
                  COALESCE((SELECT gaps FROM outbox_relays WHERE table_name = '${table}'), '[]') AS gaps`,
        );
        if (BigInt(row!['settled'] as string) < BigInt(row!['last'] as string) || row!['gaps'] !== '[]')
          return false;
      }
    return true;
  });
}
