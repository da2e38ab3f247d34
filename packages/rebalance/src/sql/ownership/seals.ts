import type { ShardSession } from '@ordershard/shard-router';

/** What a shard owned when it was last sealed. The shard itself keeps this row, and other shards keep copies. */
export interface SealRow {
  readonly shard_id: number;
  /** Rises with each seal of the shard, decimal text. */
  readonly version: string;
  readonly hash: string;
  /** The text of the claim. */
  readonly body: string;
  /** The version of the shard map that went with it. */
  readonly map_version: number;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly sealed_at: string;
}

/** A seal without its text. */
export type SealVersion = Omit<SealRow, 'body'>;

const VERSION = 'shard_id, CAST(version AS CHAR) AS version, hash, map_version, sealed_at';

/** Versions and hashes of all seals that a shard keeps, its own among them. A table of a few rows, without a lock. */
export async function readSealVersions(session: ShardSession): Promise<readonly SealVersion[]> {
  return session.query<SealVersion>(`SELECT ${VERSION} FROM shard_seals`);
}

/** The seal of a shard that another, or it itself, keeps. One row by primary key, without a lock. */
export async function readSeal(session: ShardSession, shard: number): Promise<SealRow | undefined> {
  const [row] = await session.query<SealRow>(`SELECT ${VERSION}, body FROM shard_seals WHERE shard_id = ?`, [
    shard,
  ]);
  return row;
}

/** Keeps a seal, unless a later one of the shard is there. One row by primary key. */
export async function keepSeal(
  session: ShardSession,
  { shard_id, version, hash, body, map_version }: Omit<SealRow, 'sealed_at'>,
): Promise<void> {
  await session.execute(
    `INSERT INTO shard_seals (shard_id, version, hash, body, map_version, sealed_at)
     VALUES (?, ?, ?, ?, ?, UTC_TIMESTAMP(3))
     ON DUPLICATE KEY UPDATE
       hash        = IF(VALUES(version) > version, VALUES(hash), hash),
       body        = IF(VALUES(version) > version, VALUES(body), body),
       map_version = IF(VALUES(version) > version, VALUES(map_version), map_version),
       sealed_at   = IF(VALUES(version) > version, VALUES(sealed_at), sealed_at),
       version     = GREATEST(VALUES(version), version)`,
    [shard_id, BigInt(version), hash, body, map_version],
  );
}

/** Deletes the seal of a shard that has left the cluster. One row by primary key. */
export async function forgetSeals(session: ShardSession, shard: number): Promise<void> {
  await session.execute('DELETE FROM shard_seals WHERE shard_id = ?', [shard]);
}
