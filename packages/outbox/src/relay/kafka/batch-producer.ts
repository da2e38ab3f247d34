import { setTimeout as sleep } from 'node:timers/promises';
import { protocolErrorsCodesById, Producer } from '@platformatic/kafka';
import { PublishError } from '../../errors.ts';
import { verdictOf } from './error-codes.ts';
import { type PartitionAnswer, type PartitionBatch, produce } from './produce-request.ts';
import type { RecordBatch } from './record-batch.ts';

/** How long one request may take, and how long a broker may wait for its replicas. Milliseconds. */
const REQUEST_MS = 2_000;

/** Attempts of one batch under the same sequence, which a broker stores once. */
const ATTEMPTS = 3;
const AGAIN_MS = 100;

export interface ProducerOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
}

/** Records for one partition. */
export interface Destined {
  readonly topic: string;
  readonly partition: number;
  readonly batch: RecordBatch;
}

/**
 * An idempotent producer of whole batches, acks from all replicas: connections, leaders and the producer's id are the
 * client's, the batches and their sequences are ours. One call at a time. After a failure it is to be closed: what was
 * under way may be stored or not.
 */
export class BatchProducer {
  readonly #client: Producer;
  readonly #topics: readonly string[];
  readonly #sequences = new Map<string, number>();
  #id: { readonly producerId: bigint; readonly producerEpoch: number } | undefined;

  constructor({ brokers, clientId }: ProducerOptions, topics: readonly string[]) {
    this.#topics = topics;
    this.#client = new Producer({
      clientId,
      bootstrapBrokers: [...brokers],
      idempotent: true,
      retries: 1,
      retryDelay: AGAIN_MS,
      connectTimeout: 1_000,
      requestTimeout: REQUEST_MS,
      timeout: REQUEST_MS,
    });
  }

  /** How many partitions a topic has. */
  async partitionsOf(topic: string): Promise<number> {
    return (await this.#metadata(false)).topics.get(topic)!.partitionsCount;
  }

  /**
   * Sends batches, each of another partition, and resolves to the answers of those that were refused for good.
   *
   * @throws PublishError when any of the others is not known to be stored
   */
  async send(batches: readonly Destined[]): Promise<PartitionAnswer[]> {
    this.#id ??= await this.#client.initIdempotentProducer({});
    const now = Date.now();
    let pending: PartitionBatch[] = batches.map(({ topic, partition, batch }) => ({
      topic,
      partition,
      records: batch.finish(
        { ...this.#id!, sequence: this.#sequences.get(keyOf({ topic, partition })) ?? 0 },
        now,
      ),
    }));
    const counts = new Map(batches.map((one) => [keyOf(one), one.batch.count]));
    const refused: PartitionAnswer[] = [];
    for (let attempt = 1; ; attempt += 1) {
      const answers = await this.#attempt(pending, attempt > 1, attempt === ATTEMPTS);
      const again = new Set<string>();
      for (const answer of answers) {
        const verdict = verdictOf(answer.errorCode);
        if (verdict === 'stored') this.#count(answer, counts.get(keyOf(answer))!);
        else if (verdict === 'refused' || verdict === 'too large') refused.push(answer);
        else if (verdict === 'try again' && attempt < ATTEMPTS) again.add(keyOf(answer));
        else throw new PublishError(`${answer.topic}: ${nameOf(answer)}`);
      }
      pending = pending.filter((batch) => again.has(keyOf(batch)));
      if (pending.length === 0) return refused;
      await sleep(AGAIN_MS);
    }
  }

  /** Ends it with its connections. One whose broker is gone may fail to close, and there is nothing more to do then. */
  async close(): Promise<void> {
    try {
      await this.#client.close(true);
    } catch {
      // Its sockets are closed or dead.
    }
  }

  /** One request to each leader. A failed one of the last attempt is thrown; of others, its batches are to go again. */
  async #attempt(
    batches: readonly PartitionBatch[],
    anew: boolean,
    last: boolean,
  ): Promise<PartitionAnswer[]> {
    const metadata = await this.#metadata(anew);
    const byLeader = Map.groupBy(
      batches,
      ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
    );
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, theirs]) => {
        try {
          const connection = await this.#client.connections.get(metadata.brokers.get(leader)!);
          return await produce(connection, theirs, REQUEST_MS);
        } catch (error) {
          if (last) throw error;
          return theirs.map(unanswered);
        }
      }),
    );
    return answers.flat();
  }

  #metadata(forceUpdate: boolean) {
    return this.#client.metadata({ topics: [...this.#topics], forceUpdate });
  }

  #count(at: { readonly topic: string; readonly partition: number }, records: number): void {
    const key = keyOf(at);
    // A sequence is a 32-bit number that begins again at 0.
    this.#sequences.set(key, ((this.#sequences.get(key) ?? 0) + records) % 2 ** 31);
  }
}

function keyOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic}:${partition}`;
}

/** As if the broker had said NETWORK_EXCEPTION. */
function unanswered({ topic, partition }: PartitionBatch): PartitionAnswer {
  return { topic, partition, errorCode: 13, errorMessage: null, recordErrors: [] };
}

function nameOf({ errorCode, errorMessage }: PartitionAnswer): string {
  return errorMessage ?? protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`;
}
