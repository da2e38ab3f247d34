import type { ShardSession } from '@ordershard/shard-router';
import type { Archive } from '../archive/archive.ts';
import type { OperationLease } from '../lease/operation-lease.ts';
import { oldestTransaction } from '../sql/retention/oldest-transaction.ts';
import { inTransaction } from '../sql/transaction.ts';
import type { Aggregate } from './aggregate.ts';
import { DayKeptError } from './errors.ts';
import { type Beside, givingWay } from './giving-way.ts';
import { lostItsWait, retryLockWait } from './retry-lock-wait.ts';

/** How often DDL tries to get its table: for about eight seconds with the pauses between. */
const TRIES = 20;

/** What retention tells of its work, as it happens. */
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

/** The work of retention on one shard: its session, held to the end, and what it is to do. */
export interface ShardRun {
  readonly session: ShardSession;
  readonly beside: Beside;
  readonly lease: OperationLease;
  readonly aggregate: Aggregate;
  readonly bucketCount: number;
  /** Undefined when days are dropped although nothing keeps them. */
  readonly archive: Archive | undefined;
  /** Numbers of a shard that may outlive their day. */
  readonly maxCarried: number;
  /** Days, `YYYY-MM-DD`, whose archive is written anew from what is still on the shard. */
  readonly archiveAgain: ReadonlySet<string>;
  readonly tell: (event: Omit<RetentionEvent, 'shard'>) => void | Promise<void>;
}

/** Runs a durable step: a transaction that is taken back when the shard's lease is another's, and tried again for locks. */
export function durably<T>({ session, lease }: ShardRun, step: () => Promise<T>): Promise<T> {
  return retryLockWait(() =>
    inTransaction(session, async () => {
      await lease.check(session);
      return step();
    }),
  );
}

/**
 * Runs DDL that waits for whoever reads the table, a moment at a time.
 *
 * @throws DayKeptError naming who holds it, when they do not let go
 */
export async function altering(
  { session, beside, lease }: ShardRun,
  table: string,
  ddl: () => Promise<void>,
): Promise<void> {
  try {
    await retryLockWait(async () => {
      await inTransaction(session, () => lease.check(session));
      await givingWay(session, beside, ddl);
    }, TRIES);
  } catch (error) {
    if (!lostItsWait(error)) throw error;
    throw new DayKeptError(`${table} is held by a transaction that does not end${await whose(session)}`, {
      cause: error,
    });
  }
}

async function whose(session: ShardSession): Promise<string> {
  try {
    const row = await oldestTransaction(session);
    return row === undefined
      ? ''
      : `: the oldest is connection ${row.id} of ${row.who}, open for ${row.seconds} s`;
  } catch {
    // Without the privilege it stays unknown.
    return '';
  }
}
