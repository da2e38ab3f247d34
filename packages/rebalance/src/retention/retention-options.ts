import type { ClusterArchive } from '../archive/cluster-archive.ts';
import type { OutboxDays } from './drop-outbox-days.ts';
import type { PartitionChanges } from './make-ahead.ts';
import type { RetentionDays } from './retention-days.ts';
import type { RetentionEvent } from './shard-run.ts';

export interface RetentionOptions {
  readonly retention?: RetentionDays;
  /** Where days go. Without it none is dropped, unless `dropUnarchived`. */
  readonly archive?: ClusterArchive;
  /** Drop days although nothing keeps them. */
  readonly dropUnarchived?: boolean;
  /** Days, `YYYY-MM-DD`, that are archived again from what is left of them on the shards. */
  readonly archiveAgain?: readonly string[];
  /** Numbers of a shard that may outlive their day; 10,000 by default. More keep their day. */
  readonly maxCarried?: number;
  /** Who does it, for those that find a shard held. */
  readonly holder?: string;
  /** How long a shard is waited for that another holds: one that was killed holds it for a while. Milliseconds, 20,000 by default. */
  readonly patienceMs?: number;
  /** The shards; all by default. */
  readonly shards?: readonly number[];
  readonly signal?: AbortSignal;
  /** Told of each step when it is done; awaited. */
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
  /** What failed on it; all else was done. */
  readonly error?: string;
}
