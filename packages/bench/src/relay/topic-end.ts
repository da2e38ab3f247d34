import { setTimeout as sleep } from 'node:timers/promises';
import { Admin } from '@platformatic/kafka';

/** How often the ends of the partitions are asked for, and how long it may take until all is there. Milliseconds. */
const LOOK_MS = 10;
const PATIENCE_MS = 180_000;

/**
 * The part of the events over which a rate is measured: neither a start nor a straggler counts. A worker of Connect is
 * warm from the rounds before, while a relay is a new process in each.
 */
const COUNTED = { from: 0.4, to: 0.95 } as const;

/** Looks how many messages a topic holds. */
export class TopicEnd {
  readonly #admin: Admin;
  readonly #topic: string;
  readonly #partitions: number;

  constructor(brokers: readonly string[], topic: string, partitions: number) {
    this.#admin = new Admin({ clientId: 'bench', bootstrapBrokers: [...brokers], retries: 0 });
    this.#topic = topic;
    this.#partitions = partitions;
  }

  async count(): Promise<number> {
    try {
      const [topic] = await this.#admin.listOffsets({
        topics: [
          {
            name: this.#topic,
            partitions: Array.from({ length: this.#partitions }, (_, partitionIndex) => ({
              partitionIndex,
              timestamp: -1n,
            })),
          },
        ],
      });
      return topic!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
    } catch {
      return 0; // Not made yet.
    }
  }

  /** Waits until all messages are there. Returns how many came a second over the greater part of them. */
  async rate(messages: number): Promise<number> {
    const seen: { at: number; count: number }[] = [];
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const count = await this.count();
      seen.push({ at: performance.now(), count });
      if (count >= messages) break;
      if (performance.now() > end) throw new Error(`${this.#topic} has ${count} of ${messages} messages`);
      await sleep(LOOK_MS);
    }
    // From the last look before a part was there to the first look after.
    const from = seen.findLast(({ count }) => count <= messages * COUNTED.from) ?? seen[0]!;
    const to = seen.find(({ count }) => count >= messages * COUNTED.to)!;
    return ((to.count - from.count) / (to.at - from.at)) * 1_000;
  }

  async close(): Promise<void> {
    await this.#admin.close();
  }
}
