import { setTimeout as sleep } from 'node:timers/promises';
import { Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import type { ShardRouter, ShardSession } from '@ordershard/shard-router';
import { KafkaUnavailableError } from '../errors.ts';
import { reasonOf } from '../projector/reason.ts';
import { readHighestIds, readRelayedIds } from './sql/outbox-progress.ts';

/** Finds out whether events have reached the views. */
export interface Consumption {
  /**
   * Waits until the projectors have consumed every event of a change that was committed before this call, including events
   * that they could not project. Returns false when that does not happen within the waiting time.
   */
  caughtUp(): Promise<boolean>;
  close(): Promise<void>;
}

export interface ConsumptionOptions {
  readonly router: Pick<ShardRouter, 'allShards' | 'onShard'>;
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly group: string;
  /** How long to wait. Milliseconds. */
  readonly patienceMs: number;
}

const PAUSE_MS = 100;

/**
 * Follows a change on its way. First, the relays must reach the ids that the outbox tables had at the time of the call. Then
 * the projectors' group must commit the offsets at which the topic's partitions ended after that.
 */
export class KafkaConsumption implements Consumption {
  readonly #options: ConsumptionOptions;
  readonly #admin: Admin;

  constructor(options: ConsumptionOptions) {
    this.#options = options;
    this.#admin = new Admin({
      clientId: 'ordershard-verify',
      bootstrapBrokers: [...options.brokers],
      retries: 2,
      retryDelay: 250,
      connectTimeout: 2_000,
    });
  }

  async caughtUp(): Promise<boolean> {
    const deadline = performance.now() + this.#options.patienceMs;
    const until = async (reached: () => Promise<boolean>) => {
      while (!(await reached())) {
        if (performance.now() > deadline) return false;
        await sleep(PAUSE_MS);
      }
      return true;
    };
    const filled = await this.#onShards(readHighestIds);
    const relayed = async () => {
      const ids = await this.#onShards(readRelayedIds);
      return filled.every((tables, shard) =>
        [...tables].every(([table, id]) => (ids[shard]!.get(table) ?? -1n) >= id),
      );
    };
    if (!(await until(relayed))) return false;
    try {
      const ends = await this.#ends();
      return await until(async () => {
        const committed = await this.#committed();
        return [...ends].every(([partition, end]) => end === 0n || (committed.get(partition) ?? -1n) >= end);
      });
    } catch (cause) {
      throw new KafkaUnavailableError(`offsets cannot be read: ${reasonOf(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#admin.close().catch(() => undefined);
  }

  #onShards<T>(read: (session: ShardSession) => Promise<T>): Promise<T[]> {
    const { router } = this.#options;
    return Promise.all(router.allShards().map((shard) => router.onShard(shard, read)));
  }

  async #ends(): Promise<Map<number, bigint>> {
    const { topic } = this.#options;
    const metadata = await this.#admin.metadata({ topics: [topic] });
    const count = metadata.topics.get(topic)?.partitionsCount ?? 0;
    const [found] = await this.#admin.listOffsets({
      topics: [
        {
          name: topic,
          partitions: Array.from({ length: count }, (_, partitionIndex) => ({
            partitionIndex,
            timestamp: ListOffsetTimestamps.LATEST,
          })),
        },
      ],
    });
    return new Map((found?.partitions ?? []).map(({ partitionIndex, offset }) => [partitionIndex, offset]));
  }

  async #committed(): Promise<Map<number, bigint>> {
    const [group] = await this.#admin.listConsumerGroupOffsets({ groups: [this.#options.group] });
    const topic = group?.topics.find(({ name }) => name === this.#options.topic);
    return new Map(
      (topic?.partitions ?? []).map(({ partitionIndex, committedOffset }) => [
        partitionIndex,
        committedOffset,
      ]),
    );
  }
}
