import type { ClusterArchive } from '../archive/cluster-archive.ts';
import type { OutboxDays } from './drop-outbox-days.ts';
import type { PartitionChanges } from './make-ahead.ts';
import type { RetentionDays } from './retention-days.ts';
import type { RetentionEvent } from './shard-run.ts';

export interface RetentionOptions {
  readonly retention?: RetentionDays;
  /** The archive that days go to. Without it no day is dropped, unless `dropUnarchived`. */
  readonly archive?: ClusterArchive;
  /** Drop days although no archive keeps them. */
  readonly dropUnarchived?: boolean;
  /** Days, `YYYY-MM-DD`, that are archived again from what is left of them on the shards. */
  readonly archiveAgain?: readonly string[];
  /** Numbers of a shard that may outlive their day; 10,000 by default. More keep their day. */
  readonly maxCarried?: number;
  /** Who does it; the lease shows this to others that find the shard held. */
  readonly holder?: string;
  /**
   * How long to wait for a shard that another operation holds: one that was killed holds it for a while. Milliseconds, 20,000
   * by default.
   */
  readonly patienceMs?: number;
  /** The shards; all by default. */
  readonly shards?: readonly number[];
  readonly signal?: AbortSignal;
  /** Called after each step, and awaited. */
  readonly tell?: (event: RetentionEvent) => void | Promise<void>;
}

/** What retention did on a shard. */
export interface ShardRetention {
  readonly shard: number;
  readonly made: PartitionChanges;
  readonly outbox: OutboxDays;
  /** Days that are gone, `YYYY-MM-DD`. */
  readonly dropped: readonly string[];
  /** The day that could not go, and why; those after it wait for it. */
  readonly kept: readonly { readonly day: string; readonly why: string }[];
  /** Carried-over numbers that were archived, and that went to another shard. */
  readonly ended: number;
  readonly rehomed: number;
  /** What failed on the shard; everything else was done. */
  readonly error?: string;
}
