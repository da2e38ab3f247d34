import type { SchemaObject } from '../migrate/classify.ts';
import type { ShardSession } from '../pools/session.ts';

/** Errors that say that a thing is not there: table, view, routine, trigger, event. */
const NOT_THERE = new Set([1146, 1305, 1360, 1347, 1539]);

/** Lists tables and views with their kind; names from the data dictionary, no lock. */
export async function listTables(session: ShardSession): Promise<SchemaObject[]> {
  return session.query<SchemaObject>(
    `SELECT IF(TABLE_TYPE = 'VIEW', 'VIEW', 'TABLE') AS kind, TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME`,
  );
}

/** Lists procedures, functions, triggers and events; names from the data dictionary, no lock. */
export async function listPrograms(session: ShardSession): Promise<SchemaObject[]> {
  return session.query<SchemaObject>(
    `SELECT kind, name FROM (
       SELECT ROUTINE_TYPE AS kind, ROUTINE_NAME AS name FROM information_schema.ROUTINES
        WHERE ROUTINE_SCHEMA = DATABASE() AND ROUTINE_TYPE IN ('PROCEDURE', 'FUNCTION')
       UNION ALL
       SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
       UNION ALL
       SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
     ) AS programs ORDER BY kind, name`,
  );
}

/** The statement that makes a thing, as the server shows it, and the sql_mode it runs in; undefined when it is not there. */
export async function showCreate(
  session: ShardSession,
  { kind, name }: SchemaObject,
): Promise<{ readonly sql: string; readonly sqlMode: string | undefined } | undefined> {
  try {
    const [row] = await session.query<Record<string, string>>(
      `SHOW CREATE ${kind} \`${name.replaceAll('`', '``')}\``,
    );
    const sql = Object.entries(row!).find(([column]) =>
      /^create |^sql original statement$/i.test(column),
    )?.[1];
    return { sql: sql ?? '', sqlMode: row!['sql_mode'] };
  } catch (error) {
    if (NOT_THERE.has((error as { errno?: number }).errno ?? 0)) return undefined;
    throw error;
  }
}
