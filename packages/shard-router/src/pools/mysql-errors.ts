import { DuplicateRowError, ShardUnavailableError } from '../errors.ts';

/** What is read of an error of the driver. */
interface DriverError extends Error {
  readonly code?: string;
  readonly errno?: number;
  readonly fatal?: boolean;
}

const DUPLICATE_ENTRY = 1062;
const LOCK_WAIT_TIMEOUT = 1205;
const DEADLOCK = 1213;
/** Answers of a server that lives but cannot take the session or the write now. */
const REFUSALS = new Set([1040, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 1290, 1836, 3168]);

/** Whether the server gave up the statement or transaction for the sake of others, so that it may be tried again. */
export function isContention(error: unknown): boolean {
  const { errno } = error as DriverError;
  return errno === DEADLOCK || errno === LOCK_WAIT_TIMEOUT;
}

/** Whether the connection, not the statement, failed. */
export function isConnectionFailure(error: unknown): boolean {
  const { fatal, errno, code } = error as DriverError;
  if (fatal === true || (errno !== undefined && REFUSALS.has(errno))) return true;
  return typeof code === 'string' && /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|PROTOCOL_)/.test(code);
}

/** The router's error for one of the driver's; anything else comes back as it is. */
export function translateError(error: unknown, shard: number): unknown {
  if (isConnectionFailure(error)) {
    return new ShardUnavailableError(shard, (error as Error).message || String((error as DriverError).code), {
      cause: error,
    });
  }
  if ((error as DriverError).errno === DUPLICATE_ENTRY) {
    return new DuplicateRowError(/for key '([^']+)'/.exec((error as Error).message)?.[1] ?? '', {
      cause: error,
    });
  }
  return error;
}
