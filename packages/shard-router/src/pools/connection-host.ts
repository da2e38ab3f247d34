import type { PoolConnection } from 'mysql2';
import type { Frame } from '../context/scope.ts';
import type { OpenTransaction } from '../fence/open-transaction.ts';
import type { WriteTarget } from '../fence/write-target.ts';
import type { ShardPool } from './shard-pool.ts';

/** What a routed connection asks of the router. */
export interface ConnectionHost {
  /** Begins the transaction of a key scope on a connection. */
  begin(
    connection: PoolConnection,
    frame: Frame,
    target: WriteTarget,
    pool: ShardPool,
  ): Promise<OpenTransaction>;
  /** The pool of the server that takes a frame's writes. Throws when its shard does not answer lately. */
  writerOf(frame: Frame): ShardPool;
  /** Makes a callback run in the context of its caller, not in that of the socket. */
  bind<F extends (...args: never[]) => unknown>(fn: F): F;
  /** Called with each failure, for the breaker of the shard. */
  failed(error: unknown): void;
}
