import type { ShardSession } from '../pools/session.ts';

/** The first and the last number that a range can hold. */
const WHOLE_RANGE = [0n, 2n ** 63n - 1n] as const;

/**
 * Makes the fence row of every bucket, `owned` where the shard owns it and `moved` to the owner elsewhere. Rows that
 * are there stay as they are.
 */
export async function insertBucketFences(session: ShardSession, owners: readonly number[]): Promise<void> {
  const rows = owners.map(() => '(?, ?, ?, ?, 1, ?, 0, 0)').join(', ');
  await session.execute(
    `INSERT INTO bucket_fences (bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from)
     VALUES ${rows} ON DUPLICATE KEY UPDATE bucket_fences.bucket = bucket_fences.bucket`,
    owners.flatMap((owner, bucket) => {
      const owned = owner === session.shard;
      return [bucket, ...WHOLE_RANGE, owned ? 'owned' : 'moved', owned ? null : owner];
    }),
  );
}

/** Makes the key fence row of every bucket, in the same way, for the first generation of keys. */
export async function insertKeyFences(session: ShardSession, owners: readonly number[]): Promise<void> {
  const rows = owners.map(() => '(?, 0, ?, 1, ?)').join(', ');
  await session.execute(
    `INSERT INTO key_fences (bucket, key_generation, state, generation, next_owner)
     VALUES ${rows} ON DUPLICATE KEY UPDATE key_fences.bucket = key_fences.bucket`,
    owners.flatMap((owner, bucket) => {
      const owned = owner === session.shard;
      return [bucket, owned ? 'owned' : 'moved', owned ? null : owner];
    }),
  );
}
