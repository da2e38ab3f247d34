import type { Role } from './topology/endpoint.ts';

/** The base of every router error. It has a stable code, and says whether the same call may succeed when repeated. */
export abstract class RouterError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The configuration of the cluster is wrong; the message names the part. */
export class TopologyError extends RouterError {
  readonly code = 'ROUTER_TOPOLOGY';
  readonly retryable = false;
  /** The name of the process setting that is wrong; undefined when the value did not come from a setting. */
  readonly setting: string | undefined;

  constructor(message: string, { setting, ...options }: ErrorOptions & { readonly setting?: string } = {}) {
    super(message, options);
    this.setting = setting;
  }
}

/** A key that cannot be routed: neither a bigint from 0 to 2^63 − 2 nor a well-formed text of 1 to 3,072 characters. */
export class InvalidKeyError extends RouterError {
  readonly code = 'ROUTER_INVALID_KEY';
  readonly retryable = false;
}

/** An option has an unknown name, or an option or argument is of the wrong kind. Nothing was sent. */
export class InvalidOptionError extends RouterError {
  readonly code = 'ROUTER_INVALID_OPTION';
  readonly retryable = false;
}

/** A value of a type that has no literal in SQL. Nothing was sent. */
export class InvalidValueError extends RouterError {
  readonly code = 'ROUTER_INVALID_VALUE';
  readonly retryable = false;
}

/** A shard that is not in the topology was named. */
export class UnknownShardError extends RouterError {
  readonly code = 'ROUTER_UNKNOWN_SHARD';
  readonly retryable = false;
}

/** A shard cannot be reached, or did not answer in time before anything was decided. */
export class ShardUnavailableError extends RouterError {
  readonly code: string = 'ROUTER_SHARD_UNAVAILABLE';
  readonly retryable = true;
  readonly shard: number;
  /** Which server of the shard failed. A failed reader says nothing about the writer. */
  readonly role: Role;

  constructor(
    shard: number,
    message: string,
    { role = 'writer', ...options }: ErrorOptions & { readonly role?: Role | undefined } = {},
  ) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
    this.role = role;
  }
}

/**
 * No connection to a shard was free in time, or too many callers wait for one. Nothing was sent. The shard may be healthy: it
 * is this process that has no connection left.
 */
export class PoolExhaustedError extends ShardUnavailableError {
  override readonly code: string = 'ROUTER_POOL_EXHAUSTED';
  override readonly retryable = true;
}

/**
 * The database of a shard is in an earlier state than others have seen it in: it was restored from a backup, or a server that
 * lacked some changes has taken its place. The router neither reads from it nor writes to it until an operator has recovered
 * it.
 */
export class ShardRestoredError extends ShardUnavailableError {
  override readonly code: string = 'ROUTER_SHARD_RESTORED';
  override readonly retryable = true;

  /**
   * @param own how far the database says that it has come; undefined when it says nothing
   * @param known how far others have seen it
   */
  constructor(
    shard: number,
    own: { readonly incarnation: number; readonly beat: bigint } | undefined,
    known: { readonly incarnation: number; readonly beat: bigint },
  ) {
    const text = ({ incarnation, beat }: typeof known) => `${incarnation}.${beat}`;
    super(
      shard,
      `its database is of an earlier state than it was seen in (beat ${own === undefined ? 'none' : text(own)}, seen ` +
        `${text(known)}): restored from a backup? It is not used until \`shard-rebalance shard recover ${shard}\` has run`,
    );
  }
}

/** A shard's server answers but lets no session in: it is not MySQL, or it refuses the user, password or database. */
export class ShardAccessError extends RouterError {
  readonly code = 'ROUTER_SHARD_ACCESS';
  readonly retryable = false;
  readonly shard: number;

  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
  }
}

/** The shard's fence does not allow this bucket to be used now, and no other shard would accept it either. */
export class FenceError extends RouterError {
  readonly code = 'ROUTER_FENCE';
  readonly retryable = true;
}

/** A number that may no longer, or not yet, be written. */
export class NumberNotWritableError extends RouterError {
  readonly code = 'ROUTER_NUMBER_NOT_WRITABLE';
  readonly retryable = false;
}

/** Numbers cannot be drawn now: no worker id is leased, or no live shard is left. */
export class NumbersUnavailableError extends RouterError {
  readonly code: string = 'ROUTER_NUMBERS_UNAVAILABLE';
  readonly retryable = true;
}

/** Numbers cannot be drawn: this process's clock is too far from that of a database that would lease it a worker id. */
export class ClockApartError extends NumbersUnavailableError {
  override readonly code = 'ROUTER_CLOCK_APART';
  readonly shard: number;
  /** How far this process's clock is ahead of the shard's database, milliseconds; negative when it is behind. */
  readonly aheadMs: number;

  constructor(shard: number, aheadMs: number) {
    const side = aheadMs > 0 ? 'ahead of' : 'behind';
    super(
      `no worker id is leased: the clock here is ${Math.abs(aheadMs)} ms ${side} that of the database of shard ${shard}`,
    );
    this.shard = shard;
    this.aheadMs = aheadMs;
  }
}

/** COMMIT was sent but its answer was lost: the transaction may be committed or not. Ask again under the same id. */
export class UnknownOutcomeError extends RouterError {
  readonly code = 'ROUTER_UNKNOWN_OUTCOME';
  readonly retryable = false;
}

/** The server gave the transaction up (deadlock, lock wait) in every attempt that is allowed. Nothing was written. */
export class TransactionAbortedError extends RouterError {
  readonly code = 'ROUTER_TRANSACTION_ABORTED';
  readonly retryable = true;
}

/** The driver's fields of a server error, kept for callers that read them. */
interface ServerError extends Error {
  readonly errno?: number;
  readonly sqlState?: string;
  readonly sqlMessage?: string;
}

/**
 * The server refused a statement for a reason that the router has an error class for. `errno` and the like are the driver's.
 */
abstract class RefusedByServerError extends RouterError {
  readonly errno: number | undefined;
  readonly sqlState: string | undefined;
  readonly sqlMessage: string | undefined;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    const { errno, sqlState, sqlMessage } = (options?.cause ?? {}) as Partial<ServerError>;
    this.errno = errno;
    this.sqlState = sqlState;
    this.sqlMessage = sqlMessage;
  }
}

/**
 * A row with the same primary or unique key exists already. `errno` and the like are the driver's if the server reported it.
 */
export class DuplicateRowError extends RefusedByServerError {
  readonly code = 'ROUTER_DUPLICATE_ROW';
  readonly retryable = false;
  /** The index that refused it, such as `orders.PRIMARY`; empty when the server did not say. */
  readonly index: string;

  constructor(index: string, options?: ErrorOptions) {
    super(`duplicate row in ${index}`, options);
    this.index = index;
  }
}

/** A write or a locking read outside of a transaction of a key: sessions of the router are read only. Nothing was written. */
export class WriteOutsideTransactionError extends RefusedByServerError {
  readonly code = 'ROUTER_WRITE_OUTSIDE_TRANSACTION';
  readonly retryable = false;

  constructor(cause: ServerError) {
    super(
      'the session is read-only: writes, locks and EXPLAIN of a write need a transaction: router.transaction, router.write, or one that the query builder begins inside router.withKey',
      { cause },
    );
  }
}

/** A guard of a table refused a row of another bucket or number than the transaction is for. The row was not written. */
export class GuardRefusedError extends RefusedByServerError {
  readonly code = 'ROUTER_GUARD_REFUSED';
  readonly retryable = false;

  constructor(cause: ServerError) {
    super(`a guard refused the row: ${cause.sqlMessage ?? cause.message}`, { cause });
  }
}

/**
 * A table of the shard has no partition for a row, because the partitions of the coming days were not made. Nothing was
 * written. The same write succeeds once `shard-rebalance partitions run` has made them.
 */
export class MissingPartitionError extends RefusedByServerError {
  readonly code = 'ROUTER_MISSING_PARTITION';
  readonly retryable = true;
  readonly shard: number;
  /** The UTC day that has no partition, `YYYY-MM-DD`; undefined where the server does not name it. */
  readonly day: string | undefined;

  constructor(shard: number, day: string | undefined, cause: ServerError) {
    super(`shard ${shard} has no partition for ${day ?? 'the day of a row'}`, cause);
    this.shard = shard;
    this.day = day;
  }
}

/**
 * The database user that made the guards of the shard's tables no longer exists. Guards are triggers, and triggers run as the
 * user that made them: the shard takes no writes until `migrate` has made them anew. Nothing was written.
 */
export class DefinerMissingError extends RefusedByServerError {
  readonly code = 'ROUTER_DEFINER_MISSING';
  readonly retryable = false;
  readonly shard: number;

  constructor(shard: number, cause: ServerError) {
    super(
      `shard ${shard} takes no writes: what guards its tables was made by a user that is gone; migrate it again, with one that stays (${cause.sqlMessage ?? cause.message})`,
      cause,
    );
    this.shard = shard;
  }
}

/** A unit of work contains statements that a unit must not contain. Nothing was sent. */
export class InvalidUnitError extends RouterError {
  readonly code = 'ROUTER_INVALID_UNIT';
  readonly retryable = false;
}

/** The guard of a unit of work found no row to change: nothing of the unit was written. */
export class UnitConditionError extends RouterError {
  readonly code = 'ROUTER_UNIT_CONDITION';
  readonly retryable = false;
}

/** A unit of work is longer than the longest text that the server accepts. Nothing was sent. */
export class UnitTooLargeError extends RouterError {
  readonly code = 'ROUTER_UNIT_TOO_LARGE';
  readonly retryable = false;
}

/** Too many units of work wait for a shard. Nothing was sent. */
export class WriteQueueFullError extends RouterError {
  readonly code = 'ROUTER_WRITE_QUEUE_FULL';
  readonly retryable = true;
  readonly shard: number;

  constructor(shard: number, message: string) {
    super(`shard ${shard}: ${message}`);
    this.shard = shard;
  }
}

/** The router is closing: work under way ends, and new work is refused. */
export class RouterClosedError extends RouterError {
  readonly code = 'ROUTER_CLOSED';
  readonly retryable = false;
}

/** A statement was given to a session or transaction whose scope is over. */
export class ScopeClosedError extends RouterError {
  readonly code = 'ROUTER_SCOPE_CLOSED';
  readonly retryable = false;
}

/** Another shard, or another bucket, was asked for inside an open transaction. */
export class ShardMismatchError extends RouterError {
  readonly code = 'ROUTER_SHARD_MISMATCH';
  readonly retryable = false;
}

/** The routing pool was used where no scope has chosen a shard. There is no default shard, and no broadcast. */
export class NoShardError extends RouterError {
  readonly code = 'ROUTER_NO_SHARD';
  readonly retryable = false;
}

/** A statement begins or ends a transaction where no transaction is allowed. */
export class TransactionControlError extends RouterError {
  readonly code = 'ROUTER_TRANSACTION_CONTROL';
  readonly retryable = false;
}

/** A part of the transaction failed and was not rolled back by itself, so the transaction cannot be committed. */
export class RollbackOnlyError extends RouterError {
  readonly code = 'ROUTER_ROLLBACK_ONLY';
  readonly retryable = false;
}

/** The deadline that the caller has set has passed. Nothing more was sent. */
export class DeadlineExceededError extends RouterError {
  readonly code = 'ROUTER_DEADLINE_EXCEEDED';
  readonly retryable = true;
  /** Whether a statement was under way. If so, its connection has ended with it. */
  readonly sent: boolean;

  constructor(
    message: string,
    { sent = false, ...options }: ErrorOptions & { readonly sent?: boolean } = {},
  ) {
    super(message, options);
    this.sent = sent;
  }
}

/** The scope's bucket lives on another shard than the map said. The scope is run again there. */
export class BucketElsewhereError extends RouterError {
  readonly code = 'ROUTER_BUCKET_ELSEWHERE';
  readonly retryable = true;
  /** The shard that the fence names. */
  readonly owner: number;

  constructor(owner: number) {
    super(`the bucket lives on shard ${owner}`);
    this.owner = owner;
  }
}

/**
 * A number and a key that must be written together live on different shards, by the map or by the fences. Nothing was
 * written. A retry may succeed with a number that is drawn anew for the key.
 */
export class KeyElsewhereError extends RouterError {
  readonly code = 'ROUTER_KEY_ELSEWHERE';
  readonly retryable = true;
  /** The shards that fences name instead of the shard that was asked; undefined where no fence names one. */
  readonly owners: { readonly number?: number | undefined; readonly key?: number | undefined };

  constructor(message: string, owners: KeyElsewhereError['owners'] = {}) {
    super(message);
    this.owners = owners;
  }
}

/** Another operator published this version of the shard map first. Load it, and decide again. */
export class MapConflictError extends RouterError {
  readonly code = 'ROUTER_MAP_CONFLICT';
  readonly retryable = false;
}

/** The database behind an endpoint is not the shard that it was configured as. */
export class ShardIdentityError extends RouterError {
  readonly code = 'ROUTER_SHARD_IDENTITY';
  readonly retryable = false;
}

/** The caller used a method of the driver that would act on a connection which others use after this scope. */
export class UnsupportedMethodError extends RouterError {
  readonly code = 'ROUTER_UNSUPPORTED_METHOD';
  readonly retryable = false;
}
