import { type ShardSession, shardsFromUrls, withShardSessions } from '@ordershard/shard-router';
import type { ConnectSettings } from './settings.ts';

/**
 * Runs `use` with a session of Debezium's user, and with the name of the database. Does nothing when only the workers know
 * the password (a `${…}` that they resolve).
 */
export async function withWorkerSession(
  { workerMysqlUrls }: ConnectSettings,
  shard: number,
  use: (session: ShardSession, database: string) => Promise<void>,
): Promise<void> {
  const url = new URL(workerMysqlUrls[shard]!);
  if (decodeURIComponent(url.password).includes('${')) return;
  const database = decodeURIComponent(url.pathname.slice(1));
  const config = shardsFromUrls(workerMysqlUrls)[shard]!;
  await withShardSessions([config], (session) => use(session, database));
}
