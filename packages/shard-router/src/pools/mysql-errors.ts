import { DuplicateRowError, RouterError, ShardAccessError, ShardUnavailableError } from '../errors.ts';

/** What is read of an error of the driver. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

const DUPLICATE_ENTRY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
const READ_ONLY_TRANSACTION = 1792;
/** A server that is, or became, one that takes no writes: `read_only`, `super_read_only`, `innodb_read_only`. */
const READ_ONLY_SERVER = new Set([1290, 1836]);
/** Answers that refuse the user, its password, its host, or the database. */
const NO_ACCESS = new Set([1044, 1045, 1049, 1130, 1251, 1698, 3118, 3955]);
/** Certificates that are not trusted, or a server that has no TLS, as the driver and Node name them. */
const NO_TRUST = /^(HANDSHAKE_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|CERT_)/;
/** Answers of a server that cannot take the session or goes down. */
const SERVER_GOES = new Set([1040, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 3168]);

/** Whether the server gave up the statement or transaction for the sake of others, so that it may be tried again. */
export function isContention(error: unknown): boolean {
  return isDeadlock(error) || isLockWait(error);
}

/** Whether the server has taken the whole transaction back, since it and another waited for each other. */
export function isDeadlock(error: unknown): boolean {
  return (error as DriverError).errno === DEADLOCK;
}

/** Whether a lock was not given in time. The server takes back the one statement: the transaction is open still. */
export function isLockWait(error: unknown): boolean {
  return (error as DriverError).errno === LOCK_WAIT_TIMEOUT;
}

/** Whether a statement was refused because the server is no writer. Nothing was written then. */
export function isReadOnlyServer(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno !== undefined && READ_ONLY_SERVER.has(errno);
}

/** Whether a write was refused because the session is read only: it was outside a transaction of the router. */
export function isReadOnlySession(error: unknown): boolean {
  return (error as DriverError).errno === READ_ONLY_TRANSACTION;
}

/** Whether the connection, not the statement, failed: what the statement did is not known. */
export function isConnectionLost(error: unknown): boolean {
  const { fatal, errno, code } = error as DriverError;
  if (error instanceof ShardUnavailableError || fatal === true) return true;
  if (errno !== undefined && SERVER_GOES.has(errno)) return true;
  return typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|PROTOCOL_)/.test(code);
}

/** Whether a connection may not be used again after an error. */
export function isConnectionSpent(error: unknown): boolean {
  return isConnectionLost(error) || isReadOnlyServer(error);
}

/** The router's error for one of the driver's; anything else comes back as it is. */
export function translateError(error: unknown, shard: number): unknown {
  if (error instanceof RouterError) return error;
  const { errno, message, code } = error as DriverError;
  if ((errno !== undefined && NO_ACCESS.has(errno)) || (code !== undefined && NO_TRUST.test(code))) {
    return new ShardAccessError(shard, message, { cause: error });
  }
  if (isConnectionSpent(error)) {
    return new ShardUnavailableError(shard, message || String(code), { cause: error });
  }
  if (errno === DUPLICATE_ENTRY) {
    return new DuplicateRowError(/for key '([^']+)'/.exec(message)?.[1] ?? '', {
      cause: error,
    });
  }
  return error;
}
