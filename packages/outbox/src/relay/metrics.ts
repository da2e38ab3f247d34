import type { ShardRouter } from '@ordershard/shard-router';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { outboxTablesOf, type OutboxTopic } from '../append/topic.ts';
import type { OutboxRow } from '../sql/outbox-row.ts';
import { readLag } from '../sql/read-lag.ts';
import type { ShardRelay } from './shard-relay.ts';

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/**
 * The metrics of a relay. Lag and parked rows cover every table of every shard, no matter which relay has it; they are read
 * from the shards on request, so a table without a relay shows too. Take the highest value among several relays.
 */
export class RelayMetrics {
  readonly #registry = new Registry();
  readonly #tables: readonly string[];
  readonly #published: Counter<'shard'>;
  readonly #latency: Histogram<'shard'>;
  readonly #lagRows: Gauge<'shard' | 'table'>;
  readonly #lagSeconds: Gauge<'shard' | 'table'>;
  readonly #parked: Gauge<'shard' | 'table'>;
  readonly #unread: Gauge<'shard'>;
  readonly #gaps: Gauge<'shard' | 'table'>;
  readonly #oldestGap: Gauge<'shard' | 'table'>;
  readonly #stalled: Gauge<'shard' | 'table'>;
  readonly #forgotten: Gauge<'shard' | 'table'>;

  constructor(topic: OutboxTopic) {
    const registers = [this.#registry];
    const perTable = (name: string, help: string) =>
      new Gauge<'shard' | 'table'>({ name, help, labelNames: ['shard', 'table'], registers });
    this.#tables = outboxTablesOf(topic);
    this.#published = new Counter({
      name: 'ordershard_outbox_published_total',
      help: 'Events published by this relay.',
      labelNames: ['shard'],
      registers,
    });
    this.#latency = new Histogram({
      name: 'ordershard_outbox_publish_seconds',
      help: 'From the time of an event to its acknowledgement, the oldest of each batch.',
      labelNames: ['shard'],
      buckets: SECONDS,
      registers,
    });
    this.#lagRows = perTable('ordershard_outbox_lag_rows', 'Rows not known to be published, up to 100,000.');
    this.#lagSeconds = perTable('ordershard_outbox_lag_seconds', 'Age of the oldest such row.');
    this.#parked = perTable('ordershard_outbox_parked_rows', 'Rows that are parked.');
    this.#gaps = perTable('ordershard_outbox_gaps', 'Ranges of ids that open transactions may fill.');
    this.#oldestGap = perTable(
      'ordershard_outbox_oldest_gap_seconds',
      'For how long the oldest such range is open.',
    );
    this.#stalled = perTable(
      'ordershard_outbox_stalled_seconds',
      'For how long a table is behind and does not move.',
    );
    this.#forgotten = perTable(
      'ordershard_outbox_forgotten_ids',
      'Ids that were published and that the database knows nothing of, since a fail-over that lost them.',
    );
    this.#unread = new Gauge({
      name: 'ordershard_outbox_shard_unread',
      help: '1 for a shard whose lag could not be read.',
      labelNames: ['shard'],
      registers,
    });
  }

  /** Counts rows that Kafka has just acknowledged. */
  published(shard: number, rows: readonly OutboxRow[]): void {
    const [oldest] = rows;
    if (oldest === undefined) return;
    this.#published.inc({ shard }, rows.length);
    const at = Date.parse(`${oldest.occurredAt.replace(' ', 'T')}Z`);
    this.#latency.observe({ shard }, Math.max(0, Date.now() - at) / 1_000);
  }

  /** Takes in the status of this relay's tables. */
  relaying(shards: readonly ShardRelay['status'][]): void {
    for (const gauge of [this.#gaps, this.#oldestGap, this.#stalled, this.#forgotten]) gauge.reset();
    for (const { shard, tables, stalled, forgotten = [] } of shards) {
      for (const { table, gaps, oldestGapMs } of tables) {
        this.#gaps.set({ shard, table }, gaps);
        this.#oldestGap.set({ shard, table }, oldestGapMs / 1_000);
        this.#stalled.set({ shard, table }, 0);
        this.#forgotten.set({ shard, table }, 0);
      }
      for (const { table, published, known } of forgotten)
        this.#forgotten.set({ shard, table }, Number(BigInt(published) - BigInt(known)));
      for (const { table, forMs } of stalled) this.#stalled.set({ shard, table }, forMs / 1_000);
    }
  }

  /** Reads the lag of all shards. One that does not answer is marked. */
  async look(router: Pick<ShardRouter, 'allShards' | 'onShard'>): Promise<void> {
    await Promise.all(
      router.allShards().map(async (shard) => {
        try {
          await router.onShard(shard, async (session) => {
            for (const table of this.#tables) {
              const { rows, seconds, parked } = await readLag(session, table);
              this.#lagRows.set({ shard, table }, rows);
              this.#lagSeconds.set({ shard, table }, seconds);
              this.#parked.set({ shard, table }, parked);
            }
          });
          this.#unread.set({ shard }, 0);
        } catch {
          this.#unread.set({ shard }, 1);
        }
      }),
    );
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }
}
