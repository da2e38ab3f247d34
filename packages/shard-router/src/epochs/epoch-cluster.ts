import type { ShardSession } from '../pools/session.ts';
import type { OpeningState } from '../sql/epoch-openings.ts';

/** The shards of a cluster, for the functions that open, abort, close or settle epochs. */
export interface EpochCluster {
  readonly clusterId: string;
  /** The ids of all shards. */
  readonly shards: readonly number[];
  /** Runs `fn` with an operator's read-write session of a shard. */
  onShard<T>(shard: number, fn: (session: ShardSession) => Promise<T>): Promise<T>;
}

/** Returns the shard whose row decides on epochs: the one with the lowest id. */
export function arbiterOf({ shards }: Pick<EpochCluster, 'shards'>): number {
  return Math.min(...shards);
}

/** The opening of an epoch, as the deciding shard has it. */
export interface EpochOpening {
  /** The first number of the epoch. */
  readonly from: bigint;
  readonly state: OpeningState;
  /** Whether every shard has followed the decision, and no withdrawal is under way. */
  readonly settled: boolean;
  /** The version of the shard map that goes with it. */
  readonly mapVersion: number;
  readonly openedBy: string;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly openedAt: string;
  readonly decidedBy: string | undefined;
  readonly decidedAt: string | undefined;
}
