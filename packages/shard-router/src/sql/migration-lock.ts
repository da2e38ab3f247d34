import type { ShardSession } from '../pools/session.ts';

/** The name of a lock has 64 characters at the most; of two databases with long names each has its own. */
const LOCK = `CONCAT('ordershard-migrate:', IF(CHAR_LENGTH(DATABASE()) > 45, LEFT(SHA2(DATABASE(), 256), 45), DATABASE()))`;

/**
 * Takes the lock of this database's migrations, which belongs to the session: a run that was killed keeps it until the
 * statement that it had sent has ended. Returns false when another holds it for longer than `waitSeconds`.
 */
export async function lockMigrations(session: ShardSession, waitSeconds: number): Promise<boolean> {
  const [lock] = await session.query<{ held: string | number | null }>(
    `SELECT GET_LOCK(${LOCK}, ?) AS held`,
    [waitSeconds],
  );
  return String(lock?.held) === '1'; // MySQL gives a BIGINT, MariaDB an INT.
}

/** Gives the lock back before the session goes on to other work. */
export async function unlockMigrations(session: ShardSession): Promise<void> {
  await session.query(`SELECT RELEASE_LOCK(${LOCK})`);
}

/** The server's `VERSION()`, which says whether it is a MariaDB. */
export async function readServerVersion(session: ShardSession): Promise<string> {
  const [row] = await session.query<{ version: string }>('SELECT VERSION() AS version');
  return row!.version;
}
