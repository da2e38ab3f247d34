import type { WriteCluster } from './cluster.ts';
import type { BenchOrder } from './orders.ts';

/**
 * What a contender is: a query builder or ORM, the driver by hand, the fastest that straight-line code can do, or this
 * project.
 */
export type ContenderKind = 'builder' | 'driver' | 'floor' | 'ours';

/** A way to store an order. */
export interface Contender {
  readonly name: string;
  readonly kind: ContenderKind;
  /**
   * Stores the order and all that belongs to it in one transaction on its shard; resolves once it is committed.
   * @throws FenceShutError when a fence does not let it be written here
   */
  place(order: BenchOrder): Promise<void>;
  close(): Promise<void>;
}

/**
 * How much of the work a contender does. `fenced`: key, order, lines and event under both fences. `plain`: without key and
 * fences, which is what is usually written today.
 */
export type Work = 'fenced' | 'plain';

export interface ContenderOptions {
  readonly work: Work;
  /** Connections to each shard, where another number than the contender's own best is wanted. */
  readonly connections?: number;
}

/** Opens a contender on the shards of a cluster. */
export type OpenContender = (cluster: WriteCluster, options: ContenderOptions) => Promise<Contender>;

/** A fence was shut, or locked, or is not there. */
export class FenceShutError extends Error {
  override readonly name = 'FenceShutError';
  readonly code = 'BENCH_FENCE_SHUT';
}
