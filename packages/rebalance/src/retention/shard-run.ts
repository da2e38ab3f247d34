import { inTransaction, type ShardSession } from '@ordershard/shard-router';
import type { Archive } from '../archive/archive.ts';
import type { OperationLease } from '../lease/operation-lease.ts';
import type { Aggregate } from './aggregate.ts';
import { alterTable } from './alter-table.ts';
import type { Beside } from './giving-way.ts';
import { retryLockWait } from './retry-lock-wait.ts';

/** A step of retention, reported as it happens. */
export interface RetentionEvent {
  readonly shard: number;
  /** `YYYY-MM-DD`. */
  readonly day: string;
  readonly step:
    | 'begun'
    | 'carried'
    | 'closed'
    | 'archiving'
    | 'archived'
    | 'unreadable'
    | 'exchanged'
    | 'detached'
    | 'verified'
    | 'dropped'
    | 'kept';
  readonly detail?: string;
}

/** The context of retention on one shard: its session, held to the end, and the settings of the work. */
export interface ShardRun {
  readonly session: ShardSession;
  readonly beside: Beside;
  readonly lease: OperationLease;
  readonly aggregate: Aggregate;
  readonly bucketCount: number;
  /** Undefined when days are dropped although no archive keeps them. */
  readonly archive: Archive | undefined;
  /** Numbers of a shard that may outlive their day. */
  readonly maxCarried: number;
  /** Days, `YYYY-MM-DD`, whose archive is written anew from what is still on the shard. */
  readonly archiveAgain: ReadonlySet<string>;
  readonly tell: (event: Omit<RetentionEvent, 'shard'>) => void | Promise<void>;
}

/**
 * Runs a durable step: one transaction. Rolls it back when the shard's lease is another's by now; tries again after a lost
 * wait for locks.
 */
export function durably<T>({ session, lease }: ShardRun, step: () => Promise<T>): Promise<T> {
  return retryLockWait(() =>
    inTransaction(session, async () => {
      await lease.check(session);
      return step();
    }),
  );
}

/**
 * Runs DDL that waits for the sessions that use the table, a moment at a time.
 *
 * @throws TableBusyError naming who holds the table, when they do not let go
 */
export function altering(
  { session, beside, lease }: ShardRun,
  table: string,
  ddl: () => Promise<void>,
): Promise<void> {
  const before = () => inTransaction(session, () => lease.check(session));
  return alterTable({ session, beside, table, ddl, before });
}
