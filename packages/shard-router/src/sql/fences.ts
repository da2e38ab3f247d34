import type { ShardSession } from '../pools/session.ts';

/** A range of numbers, with the owner of each bucket in it. */
export interface OwnedRange {
  readonly from: bigint;
  readonly to: bigint;
  readonly owners: readonly number[];
}

/**
 * Makes the fence row of every bucket in a range, `owned` where the shard owns it and `moved` to the owner elsewhere. Rows
 * that are there stay as they are.
 */
export async function insertBucketFences(
  session: ShardSession,
  { from, to, owners }: OwnedRange,
): Promise<void> {
  const rows = owners.map(() => '(?, ?, ?, ?, 1, ?, 0, 0)').join(', ');
  await session.execute(
    `INSERT INTO bucket_fences (bucket, range_from, range_to, state, generation, next_owner, writable_from, readable_from)
     VALUES ${rows} ON DUPLICATE KEY UPDATE bucket_fences.bucket = bucket_fences.bucket`,
    owners.flatMap((owner, bucket) => {
      const owned = owner === session.shard;
      return [bucket, from, to, owned ? 'owned' : 'moved', owned ? null : owner];
    }),
  );
}

/** Makes the key fence row of every bucket, in the same way, for the generation of keys that goes with a range. */
export async function insertKeyFences(
  session: ShardSession,
  { from, to, owners }: OwnedRange,
  keyGeneration: number,
): Promise<void> {
  const rows = owners.map(() => '(?, ?, ?, ?, ?, 1, ?)').join(', ');
  await session.execute(
    `INSERT INTO key_fences (bucket, key_generation, range_from, range_to, state, generation, next_owner)
     VALUES ${rows} ON DUPLICATE KEY UPDATE key_fences.bucket = key_fences.bucket`,
    owners.flatMap((owner, bucket) => {
      const owned = owner === session.shard;
      return [bucket, keyGeneration, from, to, owned ? 'owned' : 'moved', owned ? null : owner];
    }),
  );
}

/** Makes the fence row of every bucket of text keys, in the same way. */
export async function insertTextFences(session: ShardSession, owners: readonly number[]): Promise<void> {
  const rows = owners.map(() => '(?, ?, 1, ?)').join(', ');
  await session.execute(
    `INSERT INTO text_fences (bucket, state, generation, next_owner)
     VALUES ${rows} ON DUPLICATE KEY UPDATE text_fences.bucket = text_fences.bucket`,
    owners.flatMap((owner, bucket) => {
      const owned = owner === session.shard;
      return [bucket, owned ? 'owned' : 'moved', owned ? null : owner];
    }),
  );
}
