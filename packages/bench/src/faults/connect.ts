import { type Connection, createConnection } from 'mysql2/promise';

/** A connection of the check's own, straight to a server. BIGINT, times and JSON come as text. */
export function connectPlain(uri: string): Promise<Connection> {
  return createConnection({
    uri,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    charset: 'utf8mb4_bin',
    timezone: 'Z',
  });
}

/** Runs `fn` with a connection to each server, position = shard id, and closes them. */
export async function withPlain<T>(
  urls: readonly string[],
  fn: (connections: readonly Connection[]) => Promise<T>,
): Promise<T> {
  const opened = await Promise.allSettled(urls.map(connectPlain));
  const connections = opened.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  try {
    for (const result of opened) if (result.status === 'rejected') throw result.reason;
    return await fn(connections);
  } finally {
    await Promise.allSettled(connections.map((connection) => connection.end()));
  }
}
