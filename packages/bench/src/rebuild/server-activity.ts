import type { ShardRouter } from '@ordershard/shard-router';

/** How long work may take before it is looked what the servers are at, milliseconds. */
const LONG_MS = 45_000;

/**
 * Waits for work. When it has taken too long, its error says what the servers were doing: this tells a busy machine from a
 * lock that is never given back.
 */
export async function withServerActivity<T>(
  router: Pick<ShardRouter, 'allShards' | 'onShard'>,
  work: Promise<T>,
): Promise<T> {
  let seen: string | undefined;
  const timer = setTimeout(() => {
    const looks = router.allShards().map((shard) =>
      router
        .onShard(shard, async (session) => ({
          shard,
          sessions: await session.query('SHOW FULL PROCESSLIST'),
          transactions: await session.query('SELECT * FROM information_schema.innodb_trx'),
        }))
        .catch((error: Error) => ({ shard, error: error.message })),
    );
    void Promise.all(looks).then((found) => (seen = JSON.stringify(found)));
  }, LONG_MS);
  try {
    return await work;
  } catch (error) {
    if (seen === undefined) throw error;
    throw new Error(`${(error as Error).message}; after ${LONG_MS} ms the servers were at ${seen}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}
