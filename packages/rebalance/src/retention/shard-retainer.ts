import { readClock, type ShardMap, type ShardSession, type ShardSessions } from '@ordershard/shard-router';
import { Archive } from '../archive/archive.ts';
import type { OperatorCluster } from '../cluster.ts';
import { reasonOf, StoppedError } from '../errors.ts';
import type { OperationLease } from '../lease/operation-lease.ts';
import { insertArchive } from '../sql/archives.ts';
import { prepareSession } from '../sql/retention/prepare-session.ts';
import { forgetDays } from '../sql/retention/retention-days.ts';
import { clusterMap } from '../topology/cluster-map.ts';
import type { Aggregate } from './aggregate.ts';
import { dayOf, isoDay } from './days.ts';
import { dropDays } from './drop-days.ts';
import { dropOutboxDays, type OutboxDays } from './drop-outbox-days.ts';
import { endCarried } from './end-carried.ts';
import { PartitionsMissingError } from './errors.ts';
import { makePartitionsAhead, type PartitionChanges } from './make-ahead.ts';
import { refuseMoves } from './refuse-moves.ts';
import { rehomeCarried } from './rehome.ts';
import { DEFAULT_RETENTION } from './retention-days.ts';
import type { RetentionOptions, ShardRetention } from './retention-options.ts';
import { durably, type ShardRun } from './shard-run.ts';
import { waitForLease } from './wait-for-lease.ts';

const MAX_CARRIED = 10_000;
/** For how many days the shard keeps its record of a day that is gone. */
const DAYS_TOLD = 400;

/** Carries an error that the caller's `tell` has thrown back to the caller, and ends the run. */
export class TellingFailedError extends StoppedError {
  constructor(cause: unknown) {
    super('the run was ended by whom it tells of its steps', { cause });
  }
}

/** Retention on one shard. A failure in one part of it, whatever it is, does not stop the other parts. */
export class ShardRetainer {
  readonly #sessions: ShardSessions;
  readonly #shard: number;
  readonly #cluster: OperatorCluster;
  readonly #aggregate: Aggregate;
  readonly #options: RetentionOptions;
  readonly #problems = new Set<string>();
  #made: PartitionChanges = {};
  #outbox: OutboxDays = { dropped: {}, kept: [] };
  readonly #dropped: string[] = [];
  readonly #kept: { day: string; why: string }[] = [];
  #ended = 0;
  #rehomed = 0;

  constructor(
    sessions: ShardSessions,
    shard: number,
    cluster: OperatorCluster,
    aggregate: Aggregate,
    options: RetentionOptions,
  ) {
    this.#sessions = sessions;
    this.#shard = shard;
    this.#cluster = cluster;
    this.#aggregate = aggregate;
    this.#options = options;
  }

  get report(): ShardRetention {
    return {
      shard: this.#shard,
      made: this.#made,
      outbox: this.#outbox,
      dropped: this.#dropped,
      kept: this.#kept,
      ended: this.#ended,
      rehomed: this.#rehomed,
      ...(this.#problems.size === 0 ? {} : { error: [...this.#problems].join('; ') }),
    };
  }

  /** Makes the partitions of the coming days, no matter who holds the shard's lease. */
  async makeAhead(): Promise<void> {
    await this.#attempt(async () => {
      try {
        this.#made = await this.#sessions.onShard(this.#shard, (session) =>
          makePartitionsAhead(session, this.#cluster.tables, (fn) => this.#sessions.onShard(this.#shard, fn)),
        );
      } catch (error) {
        if (error instanceof PartitionsMissingError) this.#made = error.made;
        throw error;
      }
    });
  }

  /** Takes the rows that are past their retention off the shard, under its lease. */
  async retain(): Promise<void> {
    await this.#attempt(async () => {
      const lease = await waitForLease(this.#sessions, this.#shard, this.#options);
      try {
        // Read the map only under the lease: now no move of this shard's buckets can end and change it.
        const map = await clusterMap(this.#cluster);
        await this.#sessions.onShard(this.#shard, (session) => this.#retainIn(session, lease, map));
      } finally {
        await lease.release();
      }
    });
  }

  async #retainIn(session: ShardSession, lease: OperationLease, map: ShardMap): Promise<void> {
    const { retention = DEFAULT_RETENTION, archive, dropUnarchived = false } = this.#options;
    const run = this.#runOf(session, lease, map);
    await prepareSession(session);
    const today = dayOf(await readClock(session));
    await this.#attempt(async () => {
      this.#outbox = await dropOutboxDays(run, today - retention.outbox);
    });
    if (archive === undefined && !dropUnarchived) return;
    if (archive !== undefined) {
      const { archive: id } = await archive.check();
      // Before any rows go there, so that a search of all places of this shard's rows finds the archive.
      await durably(run, () => insertArchive(session, id, archive.url));
    }
    await refuseMoves(session);
    await this.#attempt(() =>
      dropDays(run, today - retention.rows, { dropped: this.#dropped, kept: this.#kept }),
    );
    await this.#attempt(async () => {
      this.#ended = await endCarried(run);
    });
    await this.#attempt(async () => {
      const { gone, problems } = await rehomeCarried(run, this.#sessions, map);
      this.#rehomed = gone;
      for (const problem of problems) this.#problems.add(problem);
    });
    await durably(run, () => forgetDays(session, isoDay(today - DAYS_TOLD)));
  }

  #runOf(session: ShardSession, lease: OperationLease, { bucketCount }: ShardMap): ShardRun {
    const { archive, maxCarried = MAX_CARRIED, archiveAgain, signal, tell } = this.#options;
    return {
      session,
      beside: (fn) => this.#sessions.onShard(this.#shard, fn),
      lease,
      aggregate: this.#aggregate,
      bucketCount,
      archive: archive === undefined ? undefined : new Archive(archive, this.#cluster.clusterId),
      maxCarried,
      archiveAgain: new Set(archiveAgain),
      tell: async (event) => {
        try {
          await tell?.({ shard: this.#shard, ...event });
        } catch (cause) {
          throw new TellingFailedError(cause);
        }
        if (signal?.aborted === true) throw new StoppedError('stopped: run it again, it goes on');
      },
    };
  }

  /** Runs a part of the work, and notes its failure as a problem. Throws only StoppedError. */
  async #attempt(part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      if (error instanceof StoppedError) throw error;
      this.#problems.add(reasonOf(error));
    }
  }
}
