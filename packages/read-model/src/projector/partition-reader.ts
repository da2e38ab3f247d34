import { FetchIsolationLevels, findErrorBy } from '@platformatic/kafka';
import { type AbortedTransaction, committedOnly, IS_CONTROL, type RecordsBatches } from './aborted.ts';
import type { RawConsumer } from './group-offsets.ts';
import type { Amount, Backlog } from './backlog.ts';
import type { Standing } from './flow.ts';
import { type CarefulBatch, fetchCarefully, isUnpackError } from './careful-fetch.ts';
import { changeOf, type LogChange } from './log-change.ts';
import type { Chunk, MessageHeaders, SourceMessage } from './message.ts';
import { Progress } from './progress.ts';
import { boundUnpacking } from './unpack.ts';

/** The most bytes of one answer, and of one partition in it. */
const ANSWER_BYTES = 4 * 1_048_576;
const PARTITION_BYTES = 1_048_576;

/** How long the broker waits for messages before it answers with none. */
const WAIT_MS = 500;
/**
 * The same when the request leaves a partition out because too much of it is not done: that one must be asked for again soon.
 */
const SHORT_WAIT_MS = 20;

/**
 * After an answer with fewer messages, the reader lets more gather for `GATHER_MS`: each answer and each write has its price.
 */
const FEW = 100;
const GATHER_MS = 10;

/** Times that stand for the ends of a partition, in Kafka's ListOffsets request. */
const LATEST = -1n;
const EARLIEST = -2n;

type Answer = Awaited<ReturnType<RawConsumer['fetch']>>;
/** The partitions of a request, with the progress of each. */
type Wanted = readonly (readonly [number, Progress])[];

/** The dependencies of {@link PartitionReader}. */
export interface ReaderParts {
  readonly topic: string;
  /** Fetches, on connections of its own. */
  readonly fetcher: RawConsumer;
  /** How much may be read ahead, over all partitions together. */
  readonly bounds: Amount;
  /** The messages that were handed over and are not done, by earlier sessions too. */
  readonly backlog: Backlog;
  /**
   * The partitions that are read, with the progress of each. The reader replaces the progress of a partition whose log has
   * changed.
   */
  readonly assigned: Map<number, Progress>;
  readonly take: (chunk: Chunk) => void;
  /** Called when something that was handed over is done. */
  readonly progressed: () => void;
  /** Called when the log of a partition has changed under what was read. */
  readonly changed: ((change: LogChange) => void) | undefined;
  readonly failed: (error: unknown) => void;
}

/**
 * Reads partitions by requests of its own instead of the client's stream. So it can leave out a partition that is full while
 * it reads the others. A partition that stays through a rebalance is read on where it was; the stream would stop, look up all
 * offsets and read again from there.
 */
export class PartitionReader {
  readonly #parts: ReaderParts;
  /** Brokers with a request under way, or with a pause before the next one. */
  readonly #asked = new Set<number>();
  /** The id of the topic that is read; undefined before the first look at it. */
  #topicId: string | undefined;
  #over = false;

  constructor(parts: ReaderParts) {
    boundUnpacking();
    this.#parts = parts;
  }

  /** Looks at the topic whose partitions are read from now on. Returns how many partitions it has. */
  async lookAtTopic(): Promise<number> {
    const { partitions, id } = await this.#topic();
    this.#topicId = id;
    return partitions;
  }

  /** Returns how many partitions the topic has now. */
  async countPartitions(): Promise<number> {
    return (await this.#topic()).partitions;
  }

  /** Returns where the partitions that are read stand, and where their logs end. */
  async standings(): Promise<readonly Standing[]> {
    const ends = await this.#offsets(LATEST, FetchIsolationLevels.READ_UNCOMMITTED);
    const stable = await this.#offsets(LATEST);
    return [...this.#parts.assigned].map(([partition, { standing }]) => ({
      partition,
      ...standing,
      end: ends[partition] ?? 0n,
      stable: stable[partition] ?? 0n,
    }));
  }

  /** Where the partitions' logs begin, by partition. */
  begins(): Promise<readonly bigint[]> {
    return this.#offsets(EARLIEST);
  }

  /** Asks each broker without a request under way for those of its partitions that have room. */
  pump(): void {
    if (this.#over) return;
    this.#ask().catch(this.#parts.failed);
  }

  /** Hands over no more. */
  stop(): void {
    this.#over = true;
  }

  async #topic(): Promise<{ readonly id: string; readonly partitions: number }> {
    const { topic, fetcher } = this.#parts;
    const found = (await fetcher.metadata({ topics: [topic] })).topics.get(topic);
    if (found === undefined) throw new Error(`there is no topic ${topic}`);
    return { id: found.id, partitions: found.partitionsCount };
  }

  async #offsets(
    timestamp: bigint,
    isolationLevel: 0 | 1 = FetchIsolationLevels.READ_COMMITTED,
  ): Promise<readonly bigint[]> {
    const { topic, fetcher } = this.#parts;
    return (await fetcher.listOffsets({ topics: [topic], timestamp, isolationLevel })).get(topic) ?? [];
  }

  async #ask(): Promise<void> {
    const { topic, fetcher, assigned, failed } = this.#parts;
    const metadata = await fetcher.metadata({ topics: [topic] });
    const { id: topicId, partitions } = metadata.topics.get(topic)!;
    if (this.#topicId !== undefined && topicId !== this.#topicId) {
      this.#topicId = topicId;
      await this.#reposition([...assigned], 'remade');
    }
    const share = this.#share();
    const led = Map.groupBy(assigned, ([partition]) => partitions[partition]?.leader ?? -1);
    for (const [node, all] of led) {
      const wanted = all.filter(([, progress]) => !progress.isFull(share));
      if (this.#asked.has(node) || wanted.length === 0 || this.#over) continue;
      this.#asked.add(node);
      const waitMs = wanted.length < all.length ? SHORT_WAIT_MS : WAIT_MS;
      this.#fetch(node, topicId, wanted, waitMs).catch(failed);
    }
  }

  /**
   * Returns how much each partition may hold: an equal share of the bounds, less what partitions that are no longer read here
   * still hold.
   */
  #share(): Amount {
    const { bounds, backlog, assigned } = this.#parts;
    let { messages, bytes } = backlog.held;
    for (const { held } of assigned.values()) {
      messages -= held.messages;
      bytes -= held.bytes;
    }
    return {
      messages: (bounds.messages - messages) / assigned.size,
      bytes: (bounds.bytes - bytes) / assigned.size,
    };
  }

  async #fetch(node: number, topicId: string, wanted: Wanted, waitMs: number): Promise<void> {
    const count = await this.#fetchOnce(node, topicId, wanted, waitMs);
    const again = () => {
      this.#asked.delete(node);
      this.pump();
    };
    if (count >= FEW) again();
    else setTimeout(again, GATHER_MS);
  }

  /** Fetches from a broker and hands over what comes. Returns the number of messages. */
  async #fetchOnce(node: number, topicId: string, wanted: Wanted, maxWaitTime: number): Promise<number> {
    const partitions = wanted.map(([partition, { next, epoch }]) => ({
      partition,
      fetchOffset: next,
      partitionMaxBytes: PARTITION_BYTES,
      currentLeaderEpoch: -1,
      // By this epoch the broker finds out that its log has diverged from what was read, even if the log has grown past that
      // since.
      lastFetchedEpoch: epoch,
    }));
    let answer: Answer;
    try {
      answer = await this.#parts.fetcher.fetch({
        node,
        topics: [{ topicId, partitions }],
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
        maxWaitTime,
      });
    } catch (error) {
      if (isUnpackError(error)) return this.#fetchCarefully(node, topicId, wanted);
      if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw error;
      await this.#reposition(wanted);
      return 0;
    }
    let count = 0;
    const parted: number[] = [];
    for (const { partitions: answered } of answer.responses) {
      for (const { partitionIndex, records, divergingEpoch, abortedTransactions } of answered) {
        if ((divergingEpoch?.endOffset ?? -1n) >= 0n) parted.push(partitionIndex);
        else count += this.#hand(partitionIndex, records ?? [], abortedTransactions ?? [], wanted);
      }
    }
    if (parted.length > 0)
      await this.#reposition(
        wanted.filter(([partition]) => parted.includes(partition)),
        'truncated',
      );
    return count;
  }

  /**
   * Fetches when a batch cannot be unpacked. That batch becomes one message that cannot be read, and reading goes on behind
   * it.
   */
  async #fetchCarefully(node: number, topicId: string, wanted: Wanted): Promise<number> {
    let count = 0;
    for (const [partition, { next: offset }] of wanted) {
      const wish = { node, topicId, partition, offset, bytes: PARTITION_BYTES };
      const { records, abortedTransactions } = await fetchCarefully(this.#parts.fetcher, wish);
      count += this.#hand(partition, records, abortedTransactions ?? [], wanted);
    }
    return count;
  }

  #hand(
    partition: number,
    batches: RecordsBatches,
    aborted: readonly AbortedTransaction[],
    wanted: Wanted,
  ): number {
    const { assigned, take, progressed } = this.#parts;
    const progress = assigned.get(partition);
    const last = batches.at(-1);
    // Nothing came, or the partition went to another member or got a new position after it was asked for.
    if (progress === undefined || last === undefined || this.#over) return 0;
    if (!wanted.some(([, asked]) => asked === progress)) return 0;
    const messages = this.#messagesOf(partition, committedOnly(batches, aborted), progress.next);
    const offset = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    const done = progress.add(messages, { offset, leaderEpoch: last.partitionLeaderEpoch });
    take({
      messages,
      done: () => {
        done();
        progressed();
      },
    });
    return messages.length;
  }

  /** The messages of some batches, from an offset on. */
  #messagesOf(partition: number, batches: RecordsBatches, from: bigint): readonly SourceMessage[] {
    const { topic } = this.#parts;
    const messages: SourceMessage[] = [];
    for (const { attributes, firstOffset, records, unreadable } of batches as readonly CarefulBatch[]) {
      if ((attributes & IS_CONTROL) !== 0) continue;
      if (unreadable !== undefined)
        messages.push({
          key: undefined,
          value: undefined,
          headers: [],
          topic,
          partition,
          offset: firstOffset,
          unreadable,
        });
      for (const { key, value, headers, offsetDelta } of records) {
        const offset = firstOffset + BigInt(offsetDelta);
        if (offset < from) continue;
        messages.push({
          key: key ?? undefined,
          value: value ?? undefined,
          headers: headers as MessageHeaders,
          topic,
          partition,
          offset,
        });
      }
    }
    return messages;
  }

  /**
   * Where the log has changed, goes on at the beginning of what it holds, and reports the change. Reading a message twice
   * does no harm, since views only give way to newer versions; skipping a message does.
   */
  async #reposition(wanted: Wanted, kind?: 'truncated' | 'remade'): Promise<void> {
    const { topic, backlog, assigned, changed } = this.#parts;
    const [begins, ends] = [await this.#offsets(EARLIEST), await this.#offsets(LATEST)];
    for (const [partition, progress] of wanted) {
      const { next } = progress;
      const [begin = 0n, end = 0n] = [begins[partition], ends[partition]];
      const how = kind ?? changeOf(next, begin, end);
      progress.epoch = -1;
      if (how === undefined || assigned.get(partition) !== progress) continue;
      // Messages of the old log that are not done finish by themselves, and commit nothing.
      assigned.set(partition, new Progress(begin, -1, backlog));
      changed?.({ kind: how, topic, partition, next, begin, end });
    }
  }
}
