import type { PoolConnection } from 'mysql2';
import { keepStatus } from './server-status.ts';

/**
 * The kind of a session. `read only` and `merged` sessions refuse every write outside a transaction that says READ WRITE.
 * `merged` ones also take several statements in one text.
 */
export type SessionMode = 'read only' | 'read write' | 'merged';

// Backslash escapes must be on: statements are escaped in the client on that ground.
const SQL_MODE =
  'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';

/** Short, so that not all units of a merged transaction wait long for the lock of one unit. */
const MERGED_LOCK_WAIT_S = 1;
/** As the servers have it by default. */
const MAX_LOCK_WAIT_S = 50;

/**
 * Returns how long a statement waits for a row's lock, seconds: half of the time that it may take. So the server's answer,
 * which says that only a lock was missing, comes before the statement counts as not answered. The server knows whole seconds.
 */
export function lockWaitSeconds(mode: SessionMode, statementTimeoutMs: number): number {
  if (mode === 'merged') return MERGED_LOCK_WAIT_S;
  return Math.min(MAX_LOCK_WAIT_S, Math.max(1, Math.floor(statementTimeoutMs / 2_000)));
}

/**
 * The statements that make a session the same on every server, whatever its configuration and its `init_connect` have
 * made of it. MySQL 8.0 and later and MariaDB know all of them.
 */
export function setUpStatements(mode: SessionMode, statementTimeoutMs: number): readonly string[] {
  const lockWait = lockWaitSeconds(mode, statementTimeoutMs);
  return [
    // Init_connect may have left a transaction open.
    'ROLLBACK',
    'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
    `SET autocommit = 1, completion_type = 'NO_CHAIN', time_zone = '+00:00', sql_mode = '${SQL_MODE}', ` +
      `foreign_key_checks = 1, unique_checks = 1, sql_safe_updates = 0, sql_auto_is_null = 0, ` +
      `sql_select_limit = 18446744073709551615, sql_big_selects = 1, ` +
      // A metadata lock may have to wait for a DDL, which an operator's statement may be: there the wait has a statement's
      // whole time.
      `innodb_lock_wait_timeout = ${lockWait}, ` +
      `lock_wait_timeout = ${mode === 'read write' ? metadataWaitSeconds(statementTimeoutMs) : lockWait}` +
      // The user of a read-write session fences its own writes: the guards refuse it no bucket.
      (mode === 'read write' ? ', @ordershard_bucket = -1, @ordershard_key_bucket = -1' : ''),
    `SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, ${mode === 'read write' ? 'READ WRITE' : 'READ ONLY'}`,
  ];
}

/**
 * Makes AUTO_INCREMENT ids rise by one. A server that steps by seven leaves out six ids for each row, and the outbox's reader
 * waits for them until it knows better. MySQL 8.0 lets only users with SESSION_VARIABLES_ADMIN set it; for other users the
 * ids stay as they are.
 */
const STEPS_OF_ONE = 'SET auto_increment_increment = 1, auto_increment_offset = 1';
/** The server's error when the user lacks a privilege. */
const NOT_ALLOWED = 1227;

/** A statement's time in whole seconds, for a wait that may take all of it. */
function metadataWaitSeconds(statementTimeoutMs: number): number {
  return Math.max(1, Math.floor(statementTimeoutMs / 1_000) - 1);
}

/**
 * Sets up a new session before anything else is sent on it. When that fails, the connection ends, and later statements on it
 * fail.
 */
export function setUpSession(
  connection: PoolConnection,
  mode: SessionMode,
  statementTimeoutMs: number,
): void {
  const isSetUp = keepStatus(connection, mode === 'merged');
  for (const sql of [...setUpStatements(mode, statementTimeoutMs), STEPS_OF_ONE]) {
    const command = connection.query({ sql, values: null }, (error) => {
      if (error !== null && !(sql === STEPS_OF_ONE && error.errno === NOT_ALLOWED)) connection.destroy();
    });
    isSetUp(command);
  }
}
