import { murmur2 } from '@platformatic/kafka';
import type { Message } from '../message.ts';
import type { BatchSender, Destined } from './batch-producer.ts';
import type { BatchLimit } from './batch-limit.ts';
import { PartitionQueue } from './partition-queue.ts';
import type { PartitionAnswer } from './produce-request.ts';

/** What is known of the messages of a send. */
export interface SendProgress {
  /** Messages that are acknowledged. */
  readonly stored: readonly Message[];
  /** Messages that Kafka refuses, with its reason; and, without a reason, messages held behind a refused one of their key. */
  readonly withheld: ReadonlyMap<Message, string | undefined>;
}

/** The sending of some messages to one topic, each to the partition of its key. */
export class Send {
  readonly #topic: string;
  readonly #messages: readonly Message[];
  readonly #queues: readonly PartitionQueue[];
  readonly #withheld = new Map<Message, string | undefined>();
  #over = false;

  /** @param queues one for each partition of the topic; no other send may be using them */
  constructor(topic: string, messages: readonly Message[], queues: readonly PartitionQueue[]) {
    this.#topic = topic;
    this.#messages = messages;
    this.#queues = queues;
    for (const queue of queues) queue.begin(messages);
    for (let index = 0; index < messages.length; index += 1)
      queues[partitionOf(messages[index]!.key, queues.length)]!.add(index);
  }

  /** Resolves when every message is acknowledged or withheld. Throws what the producer throws. */
  async run(producer: BatchSender): Promise<void> {
    for (;;) {
      const batches = this.#queues.flatMap((queue, partition) => {
        const batch = queue.next();
        return batch === undefined ? [] : { topic: this.#topic, partition, batch };
      });
      if (batches.length === 0) return;
      await producer.send(batches, (batch, answer) => this.#answered(batch, answer));
    }
  }

  /** Ends the send, and returns what is known by now. Answers that come later are ignored. */
  end(): SendProgress {
    this.#over = true;
    const waiting = new Set(
      this.#queues.flatMap((queue) => queue.waiting.map((index) => this.#messages[index])),
    );
    const stored = this.#messages.filter((message) => !waiting.has(message) && !this.#withheld.has(message));
    return { stored, withheld: this.#withheld };
  }

  get withheld(): ReadonlyMap<Message, string | undefined> {
    return this.#withheld;
  }

  #answered({ partition }: Destined, answer: PartitionAnswer | undefined): void {
    if (this.#over) return;
    for (const { index, reason } of this.#queues[partition]!.answered(answer))
      this.#withheld.set(this.#messages[index]!, reason);
  }
}

/** Queues for the partitions of a topic. */
export function queuesFor(partitions: number, limit: BatchLimit): readonly PartitionQueue[] {
  return Array.from({ length: partitions }, () => new PartitionQueue(limit));
}

/** Returns the partition that Java's producers choose: the hash without its sign, modulo the number of partitions. */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}
