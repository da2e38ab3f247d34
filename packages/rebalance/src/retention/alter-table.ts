import type { ShardSession } from '@ordershard/shard-router';
import type { DdlWait } from '../sql/retention/metadata-wait.ts';
import { oldestTransaction } from '../sql/retention/oldest-transaction.ts';
import { TableBusyError } from './errors.ts';
import { type Beside, givingWay } from './giving-way.ts';
import { lostItsWait, retryLockWait } from './retry-lock-wait.ts';

/** How often DDL tries to lock its table: with the pauses between, for about eight seconds. */
const TRIES = 20;
/** How often DDL tries while a backup runs; a backup takes long. */
const TRIES_IN_BACKUP = 3;

/** DDL of one table. */
export interface TableChange {
  readonly session: ShardSession;
  /** Another session, for tables that others work on: with it, writers wait only a moment for the DDL. */
  readonly beside?: Beside | undefined;
  readonly table: string;
  readonly ddl: () => Promise<void>;
  /** Awaited before each try; what it throws ends it. */
  readonly before?: () => Promise<void>;
}

/**
 * Runs DDL that waits for the sessions that use the table, a moment at a time.
 *
 * @throws TableBusyError naming who holds the table, when they do not let go
 */
export async function alterTable({ session, beside, table, ddl, before }: TableChange): Promise<void> {
  let waited: DdlWait | undefined;
  let backups = 0;
  try {
    await retryLockWait(async () => {
      if (backups >= TRIES_IN_BACKUP) throw new TableBusyError(inBackup(table));
      await before?.();
      if (beside === undefined) await ddl();
      else
        await givingWay(session, beside, ddl, (wait) => {
          waited = wait;
          if (wait === 'backup') backups += 1;
        });
    }, TRIES);
  } catch (error) {
    if (!lostItsWait(error)) throw error;
    throw new TableBusyError(await whoHolds(session, table, waited), { cause: error });
  }
}

function inBackup(table: string): string {
  return `${table} cannot be altered while a backup holds its server (LOCK INSTANCE FOR BACKUP)`;
}

async function whoHolds(session: ShardSession, table: string, waited: DdlWait | undefined): Promise<string> {
  if (waited === 'backup') return inBackup(table);
  const held = `${table} is held by a transaction that does not end`;
  try {
    const oldest = await oldestTransaction(session);
    return oldest === undefined
      ? `${table} cannot be altered: others hold it, or a backup holds its server`
      : `${held}: the oldest is connection ${oldest.id} of ${oldest.who}, open for ${oldest.seconds} s`;
  } catch {
    // Without the privilege it stays unknown.
    return held;
  }
}
