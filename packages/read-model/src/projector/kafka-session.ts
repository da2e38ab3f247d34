import { Consumer, findErrorBy } from '@platformatic/kafka';
import type { Chunk, SourceMessage } from './message.ts';
import { type Bounds, Progress } from './progress.ts';

/** Bytes of one answer at the most, and of one partition in it. */
const ANSWER_BYTES = 4 * 1_048_576;
const PARTITION_BYTES = 1_048_576;

/** How long the broker waits for messages before it answers with none. */
const WAIT_MS = 500;
/** The same where a partition is left out because too much of it is not done: it is soon asked for again. */
const SHORT_WAIT_MS = 20;

/** After an answer with fewer messages, more is let gather so long: each answer and each write has its price. */
const FEW = 100;
const GATHER_MS = 10;

/** What is done is committed so much later, with all that is done by then. */
const COMMIT_MS = 50;

/** How long a member may be silent before its partitions are given to others: the least that brokers allow. */
const SESSION_TIMEOUT_MS = 6_000;

/** The bit of a batch that holds marks of transactions, no messages. */
const IS_CONTROL = 32;

export interface KafkaSourceOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly group: string;
  /** Name of a static member: one that starts again under it gets its partitions back at once. */
  readonly instanceId: string | undefined;
  /** What may be read ahead, of all partitions together. */
  readonly bounds: Bounds;
}

type RawConsumer = Consumer<Buffer | undefined, Buffer | undefined>;
type Answer = Awaited<ReturnType<RawConsumer['fetch']>>;
/** Partitions that are asked for. */
type Wanted = readonly (readonly [number, Progress])[];
type RecordsBatches = NonNullable<Answer['responses'][number]['partitions'][number]['records']>;

/**
 * One life of a member of the group, from joining to the first failure. It reads by requests of its own instead of the
 * client's stream: so a partition that is full is left out while the others are read, and one that stays with this member
 * through a rebalance is read on where it was, where the stream stops, looks up all offsets and reads again from there.
 */
export class KafkaSession {
  readonly #options: KafkaSourceOptions;
  readonly #take: (chunk: Chunk) => void;
  /** In the group. */
  readonly #member: RawConsumer;
  /** Fetches, on connections of its own: an answer that is waited for would hold up heartbeats. */
  readonly #fetcher: RawConsumer;
  /**
   * Commits in the member's name, and looks up what is committed. The member itself, where a commit is refused, joins
   * anew and commits the same once more, by when others may have gone on from there and have committed more; and what it
   * asks waits behind a rejoin.
   */
  readonly #committer: RawConsumer;
  readonly #failed = Promise.withResolvers<never>();
  readonly #assigned = new Map<number, Progress>();
  /** Brokers that are asked now, or not yet again. */
  readonly #asked = new Set<number>();
  #assigning: Promise<void> = Promise.resolve();
  #committing: Promise<void> | undefined;
  #commitTimer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(options: KafkaSourceOptions, take: (chunk: Chunk) => void) {
    this.#options = options;
    this.#take = take;
    const { brokers, clientId, group, instanceId, topic } = options;
    const common = {
      clientId,
      groupId: group,
      bootstrapBrokers: [...brokers],
      autocommit: false,
      connectTimeout: 2_000,
      retries: 3,
      retryDelay: 250,
    };
    this.#member = new Consumer({
      ...common,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
      // The second is for members of an older release, with whom a group must agree.
      protocols: [
        { name: 'cooperative-sticky', version: 3 },
        { name: 'roundrobin', version: 1 },
      ],
    });
    this.#fetcher = new Consumer(common);
    this.#committer = new Consumer({ ...common, retries: 0 });
    this.#failed.promise.catch(() => undefined);
    const fail = (error: unknown) => this.#fail(error);
    this.#member.on('error', fail);
    this.#fetcher.on('error', fail);
    this.#committer.on('error', fail);
    this.#member.on('consumer:heartbeat:stalled', ({ lastError }) =>
      fail(lastError ?? new Error('the broker does not answer heartbeats')),
    );
    const assign = () => {
      this.#assigning = this.#assigning.then(() => this.#assign()).catch(fail);
    };
    this.#member.on('consumer:group:join', assign);
    this.#member.on('consumer:group:rebalance', assign);
    this.#member.topics.track(topic);
    this.#fetcher.topics.track(topic);
    this.#committer.topics.track(topic);
  }

  get partitions(): readonly number[] {
    return [...this.#assigned.keys()].toSorted((a, b) => a - b);
  }

  /** Joins the group, and begins to hand over messages. Throws the client's errors. */
  async join(): Promise<void> {
    await this.#member.joinGroup({});
    await this.#assigning;
  }

  /** Waits until something fails, and throws that; or until `signal` aborts, from when on nothing is handed over. */
  async untilFailed(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([this.#failed.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      this.#over = true;
    }
  }

  /** Commits what is done, and leaves the group, so that others get the partitions at once. */
  async leave(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#commitTimer);
    await this.#committing?.catch(() => undefined);
    await this.#commit().catch(() => undefined);
    await this.abandon();
  }

  /** Closes all connections. */
  async abandon(): Promise<void> {
    this.#over = true;
    clearTimeout(this.#commitTimer);
    await Promise.all([this.#fetcher.close(true), this.#committer.close(true), this.#member.close(true)]);
  }

  #fail(error: unknown): void {
    this.#over = true;
    this.#failed.reject(error);
  }

  /** Takes over what the group has assigned: partitions that stay are read on meanwhile. */
  async #assign(): Promise<void> {
    const { topic } = this.#options;
    const mine = this.#mine();
    for (const partition of this.#assigned.keys()) {
      if (!mine.includes(partition)) this.#assigned.delete(partition);
    }
    if (mine.length === 0) return;
    const committed = await this.#committer.listCommittedOffsets({
      topics: [{ topic, partitions: [...mine] }],
    });
    const begins = await this.#fetcher.listOffsets({ topics: [topic], timestamp: -2n });
    for (const partition of mine) {
      const offset = committed.get(topic)?.[partition] ?? -1n;
      const from = offset < 0n ? (begins.get(topic)?.[partition] ?? 0n) : offset;
      // One that stays is beyond what is committed, unless another member had it meanwhile.
      if ((this.#assigned.get(partition)?.next ?? -1n) < from)
        this.#assigned.set(partition, new Progress(from));
    }
    this.#pump();
  }

  /** Asks each broker that is not asked yet for the partitions that have room. */
  #pump(): void {
    if (this.#over) return;
    this.#ask().catch((error: unknown) => this.#fail(error));
  }

  async #ask(): Promise<void> {
    const { topic, bounds } = this.#options;
    const metadata = await this.#fetcher.metadata({ topics: [topic] });
    const { id: topicId, partitions } = metadata.topics.get(topic)!;
    const share = {
      messages: bounds.messages / this.#assigned.size,
      bytes: bounds.bytes / this.#assigned.size,
    };
    const led = Map.groupBy(this.#assigned, ([partition]) => partitions[partition]?.leader ?? -1);
    for (const [node, all] of led) {
      const wanted = all.filter(([, progress]) => !progress.isFull(share));
      if (this.#asked.has(node) || wanted.length === 0 || this.#over) continue;
      this.#asked.add(node);
      const waitMs = wanted.length < all.length ? SHORT_WAIT_MS : WAIT_MS;
      this.#fetch(node, topicId, wanted, waitMs).catch((error: unknown) => this.#fail(error));
    }
  }

  async #fetch(node: number, topicId: string, wanted: Wanted, waitMs: number): Promise<void> {
    const count = await this.#fetchOnce(node, topicId, wanted, waitMs);
    const again = () => {
      this.#asked.delete(node);
      this.#pump();
    };
    if (count >= FEW) again();
    else setTimeout(again, GATHER_MS);
  }

  /** Fetches from a broker and hands over what comes. Gives how many messages that were. */
  async #fetchOnce(node: number, topicId: string, wanted: Wanted, maxWaitTime: number): Promise<number> {
    const partitions = wanted.map(([partition, { next }]) => ({
      partition,
      fetchOffset: next,
      partitionMaxBytes: PARTITION_BYTES,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
    }));
    let answer: Answer;
    try {
      answer = await this.#fetcher.fetch({
        node,
        topics: [{ topicId, partitions }],
        minBytes: 1,
        maxBytes: ANSWER_BYTES,
        maxWaitTime,
      });
    } catch (error) {
      if (findErrorBy(error as Error, 'apiId', 'OFFSET_OUT_OF_RANGE') === null) throw error;
      await this.#skipExpired(wanted);
      return 0;
    }
    let count = 0;
    for (const { partitions: answered } of answer.responses) {
      for (const { partitionIndex, records } of answered) {
        count += this.#hand(partitionIndex, records ?? [], wanted);
      }
    }
    return count;
  }

  #hand(partition: number, batches: RecordsBatches, wanted: Wanted): number {
    const progress = this.#assigned.get(partition);
    const last = batches.at(-1);
    // Not asked for, or given to another member or read elsewhere since it was.
    if (progress === undefined || last === undefined || this.#over) return 0;
    if (!wanted.some(([, asked]) => asked === progress)) return 0;
    const { topic } = this.#options;
    const messages: SourceMessage[] = [];
    for (const { attributes, firstOffset, records } of batches) {
      if ((attributes & IS_CONTROL) !== 0) continue;
      for (const { key, value, headers, offsetDelta } of records) {
        const offset = firstOffset + BigInt(offsetDelta);
        if (offset < progress.next) continue;
        messages.push({
          key: key ?? undefined,
          value: value ?? undefined,
          headers: headers as readonly (readonly [Buffer, Buffer])[],
          topic,
          partition,
          offset,
        });
      }
    }
    const offset = last.firstOffset + BigInt(last.lastOffsetDelta) + 1n;
    const done = progress.add(messages, { offset, leaderEpoch: last.partitionLeaderEpoch });
    this.#take({
      messages,
      done: () => {
        done();
        this.#commitSoon();
        this.#pump();
      },
    });
    return messages.length;
  }

  /** Goes on at the beginning of what the topic still holds. */
  async #skipExpired(wanted: Wanted): Promise<void> {
    const { topic } = this.#options;
    const begins = (await this.#fetcher.listOffsets({ topics: [topic], timestamp: -2n })).get(topic) ?? [];
    for (const [partition, progress] of wanted) {
      const begin = begins[partition] ?? 0n;
      if (begin > progress.next) progress.next = begin;
    }
  }

  #commitSoon(): void {
    if (this.#commitTimer !== undefined || this.#over) return;
    this.#commitTimer = setTimeout(() => {
      this.#committing = (this.#committing ?? Promise.resolve()).then(() => this.#commit());
      this.#committing.catch((error: unknown) => this.#fail(error));
      this.#commitTimer = undefined;
    }, COMMIT_MS);
  }

  /** Commits of partitions that are this member's now. What is refused while the group changes is committed later. */
  async #commit(): Promise<void> {
    const { topic } = this.#options;
    const mine = new Set(this.#mine());
    const taken = [...this.#assigned].flatMap(([partition, progress]) => {
      const position = mine.has(partition) ? progress.take() : undefined;
      return position === undefined ? [] : [{ partition, progress, position }];
    });
    if (taken.length === 0) return;
    const { memberId, generationId } = this.#member;
    Object.assign(this.#committer, { memberId, generationId });
    try {
      await this.#committer.commit({
        offsets: taken.map(({ partition, position }) => ({ topic, partition, ...position })),
      });
    } catch (error) {
      if (findErrorBy(error as Error, 'needsRejoin', true) === null) throw error;
      for (const { progress, position } of taken) progress.giveBack(position);
      this.#commitSoon();
    }
  }

  /** The partitions that the group has assigned to this member. */
  #mine(): readonly number[] {
    const { topic } = this.#options;
    return this.#member.assignments?.find((assigned) => assigned.topic === topic)?.partitions ?? [];
  }
}
