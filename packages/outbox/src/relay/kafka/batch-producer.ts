import { setTimeout as sleep } from 'node:timers/promises';
import { protocolErrorsCodesById, Producer } from '@platformatic/kafka';
import { PublishError } from '../../errors.ts';
import { verdictOf } from './error-codes.ts';
import { type PartitionAnswer, type PartitionBatch, produce } from './produce-request.ts';
import type { RecordBatch } from './record-batch.ts';
import { within } from './within.ts';

/** How long one request may take, and how long a broker may wait for its replicas. Milliseconds. */
const REQUEST_MS = 2_000;

/** How long closing waits for connections that may be dead. Milliseconds. */
const CLOSE_LIMIT_MS = 2_000;

/** How often one batch is attempted under the same sequence; a broker stores it once. */
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

/** Called with a batch that the broker has stored, or with its answer when it has refused the batch. */
export type Answered = (batch: Destined, answer: PartitionAnswer | undefined) => void;

/** A sender of batches for one topic or several. */
export type BatchSender = Pick<BatchProducer, 'send'>;

/** A batch that is under way. */
interface Pending extends PartitionBatch {
  readonly destined: Destined;
}

/** A batch that is not known to be stored, and why. */
interface Failed {
  readonly batch: Pending;
  readonly error: unknown;
  readonly retryable: boolean;
}

/**
 * An idempotent producer of whole batches, with acks from all replicas. The client owns connections, leaders and the
 * producer's id; this class owns the batches and their sequences. Make one call at a time. Close it after a failure: batches
 * in progress may be stored or not.
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

  /** Connects, and resolves to the brokers of the cluster, each as `host:port`. At least one broker must answer. */
  async connect(): Promise<string[]> {
    const { brokers } = await this.#metadata(false);
    this.#id ??= await this.#client.initIdempotentProducer({});
    return [...brokers.values()].map(({ host, port }) => `${host}:${port}`);
  }

  /** How many partitions a topic has. */
  async partitionsOf(topic: string): Promise<number> {
    return (await this.#metadata(false)).topics.get(topic)!.partitionsCount;
  }

  /**
   * Sends batches, each for another partition. Calls `answered` for each batch as soon as the broker has stored it, or, with
   * the broker's answer, has refused it for good.
   *
   * @throws PublishError when any other batch is not known to be stored
   */
  async send(batches: readonly Destined[], answered: Answered): Promise<void> {
    this.#id ??= await this.#client.initIdempotentProducer({});
    const now = Date.now();
    let pending: Pending[] = batches.map((destined) => ({
      destined,
      topic: destined.topic,
      partition: destined.partition,
      records: destined.batch.finish(
        { ...this.#id!, sequence: this.#sequences.get(keyOf(destined)) ?? 0 },
        now,
      ),
    }));
    for (let attempt = 1; ; attempt += 1) {
      const failed = await this.#attempt(pending, attempt > 1, answered);
      if (failed.length === 0) return;
      const final =
        failed.find(({ retryable }) => !retryable) ?? (attempt === ATTEMPTS ? failed[0] : undefined);
      if (final !== undefined) throw final.error;
      pending = failed.map(({ batch }) => batch);
      await sleep(AGAIN_MS);
    }
  }

  /**
   * Closes the producer with its connections. A connection whose broker is gone may fail to close; then nothing more can be
   * done.
   */
  async close(): Promise<void> {
    try {
      await within(CLOSE_LIMIT_MS, this.#client.close(true));
    } catch {
      // Its sockets are closed or dead.
    }
  }

  /** Sends one request to each leader. Resolves to the batches that are not known to be stored. */
  async #attempt(batches: readonly Pending[], anew: boolean, answered: Answered): Promise<Failed[]> {
    const metadata = await this.#metadata(anew);
    const byLeader = Map.groupBy(
      batches,
      ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader ?? -1,
    );
    const failed = await Promise.all(
      [...byLeader].map(async ([leader, theirs]): Promise<Failed[]> => {
        try {
          const connection = await this.#client.connections.get(metadata.brokers.get(leader)!);
          const answers = await produce(connection, theirs, REQUEST_MS);
          return answers.flatMap((answer) => this.#judge(theirs, answer, answered));
        } catch (error) {
          return theirs.map((batch) => ({ batch, error, retryable: true }));
        }
      }),
    );
    return failed.flat();
  }

  /** Takes in a broker's answer to one of these batches. Returns that batch if it is not known to be stored. */
  #judge(batches: readonly Pending[], answer: PartitionAnswer, answered: Answered): Failed[] {
    const batch = batches.find((one) => keyOf(one) === keyOf(answer));
    if (batch === undefined) return [];
    switch (verdictOf(answer.errorCode)) {
      case 'stored':
        this.#count(batch, batch.destined.batch.count);
        answered(batch.destined, undefined);
        return [];
      case 'refused':
      case 'too large':
        answered(batch.destined, answer);
        return [];
      case 'try again':
        return [{ batch, error: new PublishError(`${answer.topic}: ${nameOf(answer)}`), retryable: true }];
      case 'failed':
        return [{ batch, error: new PublishError(`${answer.topic}: ${nameOf(answer)}`), retryable: false }];
    }
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

function nameOf({ errorCode, errorMessage }: PartitionAnswer): string {
  return errorMessage ?? protocolErrorsCodesById[errorCode] ?? `error ${errorCode}`;
}
