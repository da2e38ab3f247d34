import type { Findings } from '../../findings.ts';
import { withPlain } from '../../connect.ts';
import { Comparison } from './comparison.ts';
import { outboxEvents } from './rows.ts';
import { messagesOf } from './topic.ts';

export interface CheckedPlaces {
  /** Of the servers themselves, position = shard id. */
  readonly urls: readonly string[];
  /** `host:port` of the broker itself. */
  readonly brokers: string;
  readonly topic: string;
  /** The outbox tables of each shard. */
  readonly tables: readonly string[];
  readonly cluster: string;
}

/** Facts that are not wrong, and worth knowing. */
export interface Seen {
  readonly redelivered: number;
  readonly messages: number;
}

/** Compares every message of a topic with every row of the tables that feed it. Nothing may be written meanwhile. */
export async function check(
  { urls, brokers, topic, tables, cluster }: CheckedPlaces,
  findings: Findings,
): Promise<Seen> {
  const comparison = new Comparison(cluster, findings);
  await withPlain(urls, async (connections) => {
    for (const [shard, connection] of connections.entries()) {
      for (const table of tables)
        for await (const row of outboxEvents(connection, table)) comparison.row(`${shard}.${table}`, row);
    }
  });
  for await (const message of messagesOf(brokers, topic)) comparison.message(message);
  comparison.finish();
  return { redelivered: comparison.redelivered, messages: comparison.messages };
}
