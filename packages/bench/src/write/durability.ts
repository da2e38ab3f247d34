import type { ShardSession } from '@ordershard/shard-router';

/** The server may lose what it has committed: figures from it would mean nothing. */
export class NotDurableError extends Error {
  override readonly name = 'NotDurableError';
  readonly code = 'BENCH_NOT_DURABLE';
}

interface Variables {
  readonly version: string;
  readonly flush_log: number | string;
  readonly sync_binlog: number | string;
  readonly log_bin: number | string;
  readonly doublewrite: string;
}

/**
 * Checks that every commit is on disk, in redo log and binary log, before it is answered. Returns the server's version.
 * @throws NotDurableError when it is not
 */
export async function requireDurable(session: ShardSession): Promise<string> {
  const [row] = await session.query<Variables>(
    `SELECT VERSION() AS version, @@innodb_flush_log_at_trx_commit AS flush_log, @@sync_binlog AS sync_binlog,
            @@log_bin AS log_bin, CAST(@@innodb_doublewrite AS CHAR) AS doublewrite`,
  );
  const { version, flush_log, sync_binlog, log_bin, doublewrite } = row!;
  const durable = Number(flush_log) === 1 && Number(sync_binlog) === 1 && Number(log_bin) === 1;
  if (!durable || !['1', 'ON'].includes(doublewrite)) {
    throw new NotDurableError(
      `shard ${session.shard} runs with innodb_flush_log_at_trx_commit=${flush_log}, sync_binlog=${sync_binlog}, log_bin=${log_bin}, innodb_doublewrite=${doublewrite}`,
    );
  }
  return version;
}
