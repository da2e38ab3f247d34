import { type Admin, type Consumer, findErrorBy } from '@platformatic/kafka';
import type { Progress } from './progress.ts';

/** A commit comes this long after something is done, and includes everything that is done by then. Milliseconds. */
const COMMIT_MS = 50;

/** A Kafka consumer that hands over bytes as they are. */
export type RawConsumer = Consumer<Buffer | undefined, Buffer | undefined>;

/** The dependencies of {@link GroupOffsets}: the clients, the group, and the partitions. */
export interface OffsetsOf {
  readonly topic: string;
  readonly group: string;
  /** The consumer that is a member of the group. */
  readonly member: RawConsumer;
  /**
   * Commits in the member's name. The member itself must not commit: when a commit is refused, it joins anew and commits the
   * same once more. By then other members may have gone on from there and have committed more.
   */
  readonly committer: RawConsumer;
  /** Looks up committed offsets together with the leader epochs, which consumers do not return. */
  readonly admin: Admin;
  /** The partitions that are read, with the progress of each. */
  readonly assigned: ReadonlyMap<number, Progress>;
  readonly failed: (error: unknown) => void;
}

/** Reads what a group has committed of a topic, and commits for one of its members. */
export class GroupOffsets {
  readonly #of: OffsetsOf;
  #committing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #over = false;

  constructor(of: OffsetsOf) {
    this.#of = of;
  }

  /** The partitions that the group has assigned to the member. */
  mine(): readonly number[] {
    const { topic, member } = this.#of;
    return member.assignments?.find((assigned) => assigned.topic === topic)?.partitions ?? [];
  }

  /** What the group has committed of some partitions. */
  async committed(
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, { readonly offset: bigint; readonly epoch: number }>> {
    const { topic, group, admin } = this.#of;
    const [answer] = await admin.listConsumerGroupOffsets({
      groups: [{ groupId: group, topics: [{ name: topic, partitionIndexes: [...partitions] }] }],
    });
    const committed = answer?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return new Map(
      committed.map(({ partitionIndex, committedOffset, committedLeaderEpoch }) => [
        partitionIndex,
        { offset: committedOffset, epoch: committedLeaderEpoch },
      ]),
    );
  }

  /** Schedules a commit of what is done, unless one is scheduled already. */
  commitSoon(): void {
    if (this.#timer !== undefined || this.#over) return;
    this.#timer = setTimeout(() => {
      this.#committing = (this.#committing ?? Promise.resolve()).then(() => this.#commit());
      this.#committing.catch(this.#of.failed);
      this.#timer = undefined;
    }, COMMIT_MS);
  }

  /** Commits what is done a last time. Never rejects. */
  async finish(): Promise<void> {
    this.stop();
    await this.#committing?.catch(() => undefined);
    await this.#commit().catch(() => undefined);
  }

  /** Commits no more. */
  stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }

  /** Commits for the partitions that this member has now. Commits later what the broker refuses while the group changes. */
  async #commit(): Promise<void> {
    const { topic, member, committer, assigned } = this.#of;
    const mine = new Set(this.mine());
    const taken = [...assigned].flatMap(([partition, progress]) => {
      const position = mine.has(partition) ? progress.take() : undefined;
      return position === undefined ? [] : [{ partition, progress, position }];
    });
    if (taken.length === 0) return;
    const { memberId, generationId } = member;
    Object.assign(committer, { memberId, generationId });
    try {
      await committer.commit({
        offsets: taken.map(({ partition, position }) => ({ topic, partition, ...position })),
      });
    } catch (error) {
      if (findErrorBy(error as Error, 'needsRejoin', true) === null) throw error;
      for (const { progress, position } of taken) progress.giveBack(position);
      this.commitSoon();
    }
  }
}
