import { Admin, Consumer } from '@platformatic/kafka';
import { type Amount, Backlog } from './backlog.ts';
import { GroupOffsets, type RawConsumer } from './group-offsets.ts';
import { Flow } from './flow.ts';
import type { LogChange } from './log-change.ts';
import type { Chunk } from './message.ts';
import { PartitionReader } from './partition-reader.ts';
import { Progress } from './progress.ts';
import { balancedStickyAssigner } from './balanced-sticky-assigner.ts';

/** How long a member may be silent before its partitions are given to others: the least that brokers allow. */
const SESSION_TIMEOUT_MS = 6_000;

/**
 * How old the topic's metadata may be: its partitions, their leaders, and whether it is still the same topic. Milliseconds.
 */
const METADATA_MAX_AGE_MS = 2_000;

/** How often the session looks at the topic, for new partitions and for partitions that stand still. Milliseconds. */
const CHECK_MS = 3_000;

export interface KafkaSourceOptions {
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly topic: string;
  readonly group: string;
  /** Name of a static member. A member that starts again under its name gets its partitions back at once. */
  readonly instanceId: string | undefined;
  /** How much may be read ahead, over all partitions together. */
  readonly bounds: Amount;
  /** Called when the log of a partition has changed under what was read. */
  readonly changed?: (change: LogChange) => void;
  /** How long a partition may stand still before it is reported. Milliseconds. */
  readonly standstillMs?: number;
}

/** One life of a member of the group, from joining to the first failure. */
export class KafkaSession {
  /** The consumer that is a member of the group. */
  readonly #member: RawConsumer;
  /**
   * Fetches on connections of its own: on the member's connections, a fetch that waits for its answer would hold up
   * heartbeats.
   */
  readonly #fetcher: RawConsumer;
  readonly #committer: RawConsumer;
  readonly #admin: Admin;
  readonly #reader: PartitionReader;
  readonly #offsets: GroupOffsets;
  readonly #failed = Promise.withResolvers<never>();
  readonly #assigned = new Map<number, Progress>();
  readonly #backlog: Backlog;
  readonly #flow: Flow;
  #assigning: Promise<void> = Promise.resolve();
  #checkTimer: NodeJS.Timeout | undefined;
  /** How many partitions the topic had at the last assignment. */
  #partitions: number | undefined;
  #over = false;

  /**
   * @param backlog messages that earlier sessions of the same source have handed over and that are not done
   * @param flow judges whether the partitions move
   */
  constructor(
    options: KafkaSourceOptions,
    take: (chunk: Chunk) => void,
    backlog = new Backlog(),
    flow = new Flow(options.topic),
  ) {
    const { brokers, clientId, group, instanceId, topic, bounds, changed } = options;
    const common = {
      clientId,
      groupId: group,
      bootstrapBrokers: [...brokers],
      autocommit: false,
      connectTimeout: 2_000,
      retries: 3,
      retryDelay: 250,
      metadataMaxAge: METADATA_MAX_AGE_MS,
    };
    this.#member = new Consumer({
      ...common,
      ...(instanceId === undefined ? {} : { groupInstanceId: instanceId }),
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: SESSION_TIMEOUT_MS / 4,
      rebalanceTimeout: 2 * SESSION_TIMEOUT_MS,
      partitionAssigner: balancedStickyAssigner,
      // The second protocol is for members of an older release: all members of a group must have one protocol in common.
      protocols: [
        { name: 'cooperative-sticky', version: 3 },
        { name: 'roundrobin', version: 1 },
      ],
    });
    this.#fetcher = new Consumer(common);
    this.#committer = new Consumer({ ...common, retries: 0 });
    this.#admin = new Admin({ clientId, bootstrapBrokers: [...brokers], connectTimeout: 2_000, retries: 1 });
    const failed = (error: unknown) => this.#fail(error);
    const [member, committer, admin, assigned] = [this.#member, this.#committer, this.#admin, this.#assigned];
    this.#offsets = new GroupOffsets({ topic, group, member, committer, admin, assigned, failed });
    this.#reader = new PartitionReader({
      topic,
      fetcher: this.#fetcher,
      bounds,
      backlog,
      assigned,
      take,
      progressed: () => this.#offsets.commitSoon(),
      changed,
      failed,
    });
    this.#backlog = backlog;
    this.#flow = flow;
    backlog.freed = () => this.#reader.pump();
    this.#failed.promise.catch(() => undefined);
    this.#listen(topic);
  }

  get partitions(): readonly number[] {
    return [...this.#assigned.keys()].toSorted((a, b) => a - b);
  }

  /** Joins the group, and begins to hand over messages. Throws the client's errors. */
  async join(): Promise<void> {
    await this.#member.joinGroup({});
    await this.#assigning;
    this.#flow.restart();
    this.#checkSoon();
  }

  /**
   * Waits until something fails and throws that error, or resolves when `signal` aborts. After that, nothing is handed over.
   */
  async untilFailed(signal: AbortSignal): Promise<void> {
    const aborted = Promise.withResolvers<void>();
    const abort = () => aborted.resolve();
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort);
    try {
      await Promise.race([this.#failed.promise, aborted.promise]);
    } finally {
      signal.removeEventListener('abort', abort);
      this.#stop();
    }
  }

  /** Commits what is done, and leaves the group, so that other members get the partitions at once. */
  async leave(): Promise<void> {
    this.#stop();
    await this.#offsets.finish();
    await this.abandon();
  }

  /** Closes all connections. */
  async abandon(): Promise<void> {
    this.#stop();
    clearTimeout(this.#checkTimer);
    await Promise.all([
      this.#fetcher.close(true),
      this.#committer.close(true),
      this.#member.close(true),
      this.#admin.close(),
    ]);
  }

  #listen(topic: string): void {
    const fail = (error: unknown) => this.#fail(error);
    for (const consumer of [this.#member, this.#fetcher, this.#committer]) {
      consumer.on('error', fail);
      consumer.topics.track(topic);
    }
    this.#member.on('consumer:heartbeat:stalled', ({ lastError }) =>
      fail(lastError ?? new Error('the broker does not answer heartbeats')),
    );
    const assign = () => {
      this.#assigning = this.#assigning.then(() => this.#assign()).catch(fail);
    };
    this.#member.on('consumer:group:join', assign);
    this.#member.on('consumer:group:rebalance', assign);
  }

  #stop(): void {
    this.#over = true;
    this.#reader.stop();
    this.#offsets.stop();
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#failed.reject(error);
  }

  /** Takes over what the group has assigned. Partitions that stay with this member are read on during that time. */
  async #assign(): Promise<void> {
    const mine = this.#offsets.mine();
    for (const partition of this.#assigned.keys()) {
      if (!mine.includes(partition)) this.#assigned.delete(partition);
    }
    this.#partitions = await this.#reader.lookAtTopic();
    if (mine.length === 0) return;
    const committed = await this.#offsets.committed(mine);
    const begins = await this.#reader.begins();
    for (const partition of mine) {
      const { offset, epoch } = committed.get(partition) ?? { offset: -1n, epoch: -1 };
      const from = offset < 0n ? (begins[partition] ?? 0n) : offset;
      // A partition that stays is beyond the committed offset, unless another member had it in between.
      if ((this.#assigned.get(partition)?.next ?? -1n) < from)
        this.#assigned.set(partition, new Progress(from, offset < 0n ? -1 : epoch, this.#backlog));
    }
    this.#reader.pump();
  }

  /**
   * Looks at the topic after a while: where its partitions stand, and whether there are more of them. If there are, the
   * member joins again; the partitions are shared out anew when the group's leader joins once more.
   */
  #checkSoon(): void {
    if (this.#over) return;
    const check = async () => {
      this.#flow.look(await this.#reader.standings());
      const partitions = await this.#reader.countPartitions();
      if (partitions !== this.#partitions && !this.#over) await this.#member.joinGroup({});
      this.#checkSoon();
    };
    this.#checkTimer = setTimeout(() => {
      check().catch((error: unknown) => this.#fail(error));
    }, CHECK_MS);
  }
}
