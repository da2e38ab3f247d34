import type { ShardSession } from '@ordershard/shard-router';

/** What a lease is for: operating a shard, or, on the shard with the lowest id, proving and publishing the shard map. */
export type LeaseName = 'shard' | 'map';

/** Who holds a lease of a shard, or held it last. */
export interface LeaseRow {
  readonly holder: string;
  /** What the holder does, for people. */
  readonly what: string;
  readonly token: string;
  /** UTC, as `YYYY-MM-DD HH:MM:SS.mmm`. */
  readonly since: string;
  /** 1 while it runs, by the database's clock. */
  readonly held: number | string;
}

const LEASE = `SELECT l.holder, l.what, l.token, l.since, h.leased_until > UTC_TIMESTAMP(3) AS held
                 FROM operation_leases l JOIN operation_heartbeats h ON h.name = l.name
                WHERE l.name = ?`;

/** Reads the lease, by primary key, without a lock. */
export async function readLease(session: ShardSession, name: LeaseName = 'shard'): Promise<LeaseRow> {
  const [row] = await session.query<LeaseRow>(LEASE, [name]);
  return row!;
}

/**
 * Reads the lease and locks it exclusively until the transaction ends: two rows by primary key. Waits for the steps of
 * the last holder that are under way.
 */
export async function lockLease(session: ShardSession, name: LeaseName): Promise<LeaseRow> {
  const [row] = await session.query<LeaseRow>(`${LEASE} FOR UPDATE`, [name]);
  return row!;
}

/** Gives the lease that {@link lockLease} has locked to a holder, under a token that rises. */
export async function takeLease(
  session: ShardSession,
  name: LeaseName,
  holder: string,
  what: string,
  token: bigint,
  leaseMs: number,
): Promise<void> {
  await session.execute(
    `UPDATE operation_leases SET holder = ?, what = ?, token = ?, since = UTC_TIMESTAMP(3) WHERE name = ?`,
    [holder, what, token, name],
  );
  await session.execute(
    `UPDATE operation_heartbeats SET token = ?, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE name = ?`,
    [token, leaseMs * 1_000, name],
  );
}

/**
 * Renews a lease that belongs to the token and has not run out. Otherwise returns false. One row by primary key, which no
 * step locks.
 */
export async function prolongLease(
  session: ShardSession,
  name: LeaseName,
  token: bigint,
  leaseMs: number,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE operation_heartbeats SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE name = ? AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [leaseMs * 1_000, name, token],
  );
  return affectedRows === 1;
}

/** Releases a lease, unless it is another's by now. One row by primary key. */
export async function releaseLease(session: ShardSession, name: LeaseName, token: bigint): Promise<void> {
  await session.execute(
    `UPDATE operation_heartbeats SET leased_until = '1970-01-02' WHERE name = ? AND token = ?`,
    [name, token],
  );
}

/**
 * Returns whether the lease still belongs to the token, and keeps it so until the transaction ends: a shared lock on one row
 * by primary key. A lease that has run out still counts, as long as nobody has taken it.
 */
export async function holdLease(session: ShardSession, name: LeaseName, token: bigint): Promise<boolean> {
  const rows = await session.query(
    `SELECT token FROM operation_leases WHERE name = ? AND token = ? LOCK IN SHARE MODE`,
    [name, token],
  );
  return rows.length === 1;
}

/**
 * Notes the token of a lease on a shard that does not grant that lease, unless the shard has seen a higher token. Returns
 * whether the token stands. One row by primary key.
 */
export async function noteToken(
  session: ShardSession,
  name: LeaseName,
  holder: string,
  what: string,
  token: bigint,
): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE operation_leases SET holder = ?, what = ?, token = ?, since = UTC_TIMESTAMP(3) WHERE name = ? AND token <= ?`,
    [holder, what, token, name, token],
  );
  return affectedRows === 1;
}

/** Returns the highest token of a lease that a shard has seen, by primary key, without a lock. */
export async function readToken(session: ShardSession, name: LeaseName): Promise<bigint> {
  const [row] = await session.query<{ token: string }>('SELECT token FROM operation_leases WHERE name = ?', [
    name,
  ]);
  return BigInt(row?.token ?? 0);
}
