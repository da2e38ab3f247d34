import {
  DeadlineExceededError,
  DefinerMissingError,
  DuplicateRowError,
  GuardRefusedError,
  MissingPartitionError,
  RouterError,
  ShardAccessError,
  ShardUnavailableError,
  WriteOutsideTransactionError,
} from '../errors.ts';
import { decodeNumber } from '../ids/snowflake.ts';
import type { Role } from '../topology/endpoint.ts';

/** The fields of a driver's error that are read here. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

const DUPLICATE_ENTRY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
const READ_ONLY_TRANSACTION = 1792;
const NO_PARTITION = 1526;
const NO_DEFINER = 1449;
/** What guards raise, with a message that begins with the product's name. */
const SIGNAL = 1644;
const INTERRUPTED = new Set([1317, 1969, 3024]);
/** A server that is, or became, one that takes no writes: `read_only`, `super_read_only`, `innodb_read_only`. */
const READ_ONLY_SERVER = new Set([1290, 1836]);
/** Deadlock, rolled back by a group of servers; no such procedure, no right to call it. */
const COMMIT_REFUSED = new Set([DEADLOCK, 3101, 1305, 1370]);
/** Answers that refuse the user, its password, its host, or the database. */
const NO_ACCESS = new Set([1044, 1045, 1049, 1130, 1251, 1698, 3118, 3955]);
/** Certificates that are not trusted, or a server that has no TLS, as the driver and Node name them. */
const NO_TRUST = /^(HANDSHAKE_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_)/;
/** The driver's own error for a statement that ran out of the time in its option `timeout`. */
const OWN_TIMEOUT = 'PROTOCOL_SEQUENCE_TIMEOUT';
/** Answers of a server that cannot take the session or goes down. */
const SERVER_GOES = new Set([1040, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 3168]);

/** Whether the server gave up the statement or transaction for the sake of others, so that it may be tried again. */
export function isContention(error: unknown): boolean {
  return isDeadlock(error) || isLockWait(error);
}

/** Whether the server has rolled back the whole transaction, because it and another one waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return (error as DriverError).errno === DEADLOCK;
}

/** Whether a lock was not given in time. The server rolls back only that statement: the transaction is still open. */
export function isLockWait(error: unknown): boolean {
  return (error as DriverError).errno === LOCK_WAIT_TIMEOUT;
}

/** Whether somebody has interrupted the statement: KILL QUERY, or a limit on its time. */
export function isInterrupted(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno !== undefined && INTERRUPTED.has(errno);
}

/** Whether a statement was refused because the server is no writer. Nothing was written then. */
export function isReadOnlyServer(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno !== undefined && READ_ONLY_SERVER.has(errno);
}

/** Returns the error for a read that found its server to be no writer any more: the same error as for a refused write. */
export function demotedServer(shard: number): ShardUnavailableError {
  const message = 'the server takes no writes: it is a replica, or was demoted';
  const cause = Object.assign(new Error(message), { errno: 1290, code: 'ER_OPTION_PREVENTS_STATEMENT' });
  return new ShardUnavailableError(shard, message, { cause });
}

/** Whether a write was refused because the session is read only: it was outside a transaction of the router. */
export function isReadOnlySession(error: unknown): boolean {
  return (error as DriverError).errno === READ_ONLY_TRANSACTION;
}

/**
 * Whether COMMIT was refused, so that nothing was committed: by a server that takes no writes, by a cluster that gave the
 * transaction up for another's, or before it was begun. Any other error of COMMIT leaves its outcome open: a statement can
 * be interrupted when the server has committed already.
 */
export function isCommitRefused(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno !== undefined && (READ_ONLY_SERVER.has(errno) || COMMIT_REFUSED.has(errno));
}

/** Whether the connection, not the statement, failed: what the statement did is not known. */
export function isConnectionLost(error: unknown): boolean {
  const { fatal, errno, code } = error as DriverError;
  if (error instanceof ShardUnavailableError || fatal === true) return true;
  if (error instanceof DeadlineExceededError) return error.sent;
  if (errno !== undefined && SERVER_GOES.has(errno)) return true;
  return typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|PROTOCOL_)/.test(code);
}

/** Whether a connection may not be used again after an error. */
export function isConnectionSpent(error: unknown): boolean {
  return isConnectionLost(error) || isReadOnlyServer(error);
}

/** Returns the router's error for an error of the driver, and anything else unchanged. */
export function translateError(error: unknown, shard: number, role: Role = 'writer'): unknown {
  if (error instanceof RouterError) return error;
  const { errno, message, code } = error as DriverError;
  if ((errno !== undefined && NO_ACCESS.has(errno)) || (code !== undefined && NO_TRUST.test(code))) {
    return new ShardAccessError(shard, message, { cause: error });
  }
  if (code === OWN_TIMEOUT)
    return new DeadlineExceededError('the time that the statement was given has passed', {
      cause: error,
      sent: true,
    });
  if (isConnectionSpent(error)) {
    return new ShardUnavailableError(shard, message || String(code), { cause: error, role });
  }
  if (errno === DUPLICATE_ENTRY) {
    return new DuplicateRowError(/for key '([^']+)'/.exec(message)?.[1] ?? '', {
      cause: error,
    });
  }
  if (errno === NO_PARTITION) return new MissingPartitionError(shard, dayOf(message), error as Error);
  if (errno === NO_DEFINER) return new DefinerMissingError(shard, error as Error);
  if (errno === READ_ONLY_TRANSACTION) return new WriteOutsideTransactionError(error as Error);
  if (errno === SIGNAL && message.includes('ordershard: ')) return new GuardRefusedError(error as Error);
  return error;
}

/** Returns the day of the number that a table has no partition for; undefined when the server does not name the number. */
function dayOf(message: string): string | undefined {
  const [, number] = /for value (\d{1,19})$/.exec(message) ?? [];
  if (number === undefined || BigInt(number) >= 1n << 63n) return undefined;
  return new Date(decodeNumber(BigInt(number)).timeMs).toISOString().slice(0, 10);
}
