import type { ShardSession } from '@ordershard/shard-router';

/** A bucket in which a shard owns something. */
export interface OwnedBucket {
  readonly bucket: number;
  /** The highest range of numbers, or key generation, that it owns, as decimal text. */
  readonly newest: string;
}

/** The buckets of whose numbers a shard owns a range, by a scan of the fences: a row for each bucket and epoch. No lock. */
export async function ownedNumberBuckets(session: ShardSession): Promise<OwnedBucket[]> {
  return session.query<OwnedBucket>(
    `SELECT bucket, CAST(MAX(range_from) AS CHAR) AS newest FROM bucket_fences
      WHERE state IN ('owned', 'capturing', 'frozen') GROUP BY bucket ORDER BY bucket`,
  );
}

/** The buckets of whose keys a shard owns a generation, in the same way. */
export async function ownedKeyBuckets(session: ShardSession): Promise<OwnedBucket[]> {
  return session.query<OwnedBucket>(
    `SELECT bucket, CAST(MAX(key_generation) AS CHAR) AS newest FROM key_fences
      WHERE state IN ('owned', 'capturing', 'frozen') GROUP BY bucket ORDER BY bucket`,
  );
}

/** The buckets of whose text keys a shard is the owner, in the same way: whatever the epoch, there is one for each. */
export async function ownedTextBuckets(session: ShardSession): Promise<OwnedBucket[]> {
  return session.query<OwnedBucket>(
    `SELECT bucket, '0' AS newest FROM text_fences
      WHERE state IN ('owned', 'capturing', 'frozen') ORDER BY bucket`,
  );
}

/** The newest range of numbers, or key generation, that any bucket has on a shard. Reads the fences of one bucket. */
export async function newestCells(session: ShardSession): Promise<{ numbers: string; keys: string }> {
  const [row] = await session.query<{ numbers: string; keys: string }>(
    `SELECT CAST((SELECT MAX(range_from) FROM bucket_fences WHERE bucket = 0 AND state <> 'carried') AS CHAR) AS numbers,
            CAST((SELECT MAX(key_generation) FROM key_fences WHERE bucket = 0) AS CHAR) AS \`keys\``,
  );
  return row!;
}
