import type { ShardSession } from '@ordershard/shard-router';

/** Who holds a shard's lease of operations, or held it last. */
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
                WHERE l.name = 'shard'`;

/** Reads the lease, by primary key, without a lock. */
export async function readLease(session: ShardSession): Promise<LeaseRow> {
  const [row] = await session.query<LeaseRow>(LEASE);
  return row!;
}

/**
 * Reads the lease and locks it exclusively until the transaction ends: two rows by primary key. Waits for the steps of
 * the last holder that are under way.
 */
export async function lockLease(session: ShardSession): Promise<LeaseRow> {
  const [row] = await session.query<LeaseRow>(`${LEASE} FOR UPDATE`);
  return row!;
}

/** Makes the lease that {@link lockLease} has locked someone's, under a token that rises. */
export async function takeLease(
  session: ShardSession,
  holder: string,
  what: string,
  token: bigint,
  leaseMs: number,
): Promise<void> {
  await session.execute(
    `UPDATE operation_leases SET holder = ?, what = ?, token = ?, since = UTC_TIMESTAMP(3) WHERE name = 'shard'`,
    [holder, what, token],
  );
  await session.execute(
    `UPDATE operation_heartbeats SET token = ?, leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE name = 'shard'`,
    [token, leaseMs * 1_000],
  );
}

/** Prolongs a lease that is the token's and runs. False when it does not. One row by primary key, which no step locks. */
export async function prolongLease(session: ShardSession, token: bigint, leaseMs: number): Promise<boolean> {
  const { affectedRows } = await session.execute(
    `UPDATE operation_heartbeats SET leased_until = UTC_TIMESTAMP(3) + INTERVAL ? MICROSECOND
      WHERE name = 'shard' AND token = ? AND leased_until > UTC_TIMESTAMP(3)`,
    [leaseMs * 1_000, token],
  );
  return affectedRows === 1;
}

/** Gives a lease back, unless it is another's by now. One row by primary key. */
export async function releaseLease(session: ShardSession, token: bigint): Promise<void> {
  await session.execute(
    `UPDATE operation_heartbeats SET leased_until = '1970-01-02' WHERE name = 'shard' AND token = ?`,
    [token],
  );
}

/**
 * Whether the lease is still the token's, which stays so until the transaction ends: a shared lock on one row by primary
 * key. That it has run out does no harm as long as nobody has taken it.
 */
export async function holdLease(session: ShardSession, token: bigint): Promise<boolean> {
  const rows = await session.query(
    `SELECT token FROM operation_leases WHERE name = 'shard' AND token = ? LOCK IN SHARE MODE`,
    [token],
  );
  return rows.length === 1;
}
