import { DefinerMissingError } from '../errors.ts';
import type { ShardSession } from '../pools/session.ts';
import { createTrigger, type GuardTrigger } from '../guards/guard-triggers.ts';

/** A trigger as the server tells it. */
export interface SeenTrigger {
  readonly name: string;
  readonly table: string;
  readonly event: string;
  readonly timing: string;
  readonly body: string;
  /** The account that it runs as, such as `ordershard@%`. */
  readonly definer: string;
}

/** Lists the triggers of some tables; data dictionary, no lock. Those that the user may not see are missing. */
export async function listTriggers(
  session: ShardSession,
  tables: readonly string[],
): Promise<readonly SeenTrigger[]> {
  if (tables.length === 0) return [];
  return session.query<SeenTrigger>(
    `SELECT TRIGGER_NAME AS name, EVENT_OBJECT_TABLE AS \`table\`, EVENT_MANIPULATION AS event, ACTION_TIMING AS timing,
            ACTION_STATEMENT AS body, DEFINER AS definer
       FROM information_schema.TRIGGERS
      WHERE TRIGGER_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE IN (${tables.map(() => '?').join(', ')})`,
    tables,
  );
}

/** The account that a session is known as, as triggers name their definers. */
export async function currentAccount(session: ShardSession): Promise<string> {
  const [row] = await session.query<{ account: string }>('SELECT CURRENT_USER() AS account');
  return row!.account;
}

/**
 * Whether the definer of a table's insert guard is gone. It tries an insert that the guard refuses, or that is rolled back.
 * That needs no privilege, but reading the list of users does. Locks nothing that others wait for.
 */
export async function lacksDefiner(session: ShardSession, table: string): Promise<boolean> {
  await session.execute('START TRANSACTION READ WRITE');
  try {
    // As a session that has opened nothing.
    await session.execute('SET @ordershard_bucket = NULL');
    await session.execute(`INSERT INTO \`${table}\` () VALUES ()`);
    return false;
  } catch (error) {
    return error instanceof DefinerMissingError;
  } finally {
    await session.execute('ROLLBACK').catch(() => undefined);
    await session.execute('SET @ordershard_bucket = -1').catch(() => undefined);
  }
}

/** Replaces guards of one table while nobody else can write to it: no row gets past between the old one and the new. */
export async function replaceGuards(
  session: ShardSession,
  table: string,
  guards: readonly GuardTrigger[],
): Promise<void> {
  await session.execute(`LOCK TABLES \`${table}\` WRITE`);
  try {
    for (const guard of guards) {
      await session.execute(`DROP TRIGGER IF EXISTS \`${guard.name}\``);
      await session.execute(createTrigger(guard));
    }
  } finally {
    await session.execute('UNLOCK TABLES');
  }
}
