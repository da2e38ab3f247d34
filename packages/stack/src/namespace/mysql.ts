import { withConnection } from '../parts/mysql/check.ts';

/** Makes an empty database on every shard. Takes no lock beyond its own name's. */
export async function createDatabases(urls: readonly string[], database: string): Promise<void> {
  await onEach(urls, `CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
}

/** Drops the database on every shard. Waits for the metadata locks of open transactions, so end those first. */
export async function dropDatabases(urls: readonly string[], database: string): Promise<void> {
  await onEach(urls, `DROP DATABASE IF EXISTS \`${database}\``);
}

async function onEach(urls: readonly string[], sql: string): Promise<void> {
  await Promise.all(
    urls.map(async (url) =>
      withConnection(url, async (connection) => {
        // Instead of a year, so that an open transaction becomes an error.
        await connection.query('SET lock_wait_timeout = 20');
        await connection.query(sql);
      }),
    ),
  );
}
