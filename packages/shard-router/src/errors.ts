/** What every error of the router has: a stable code, and whether the same call may succeed when made again. */
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
  /** The setting of the process that is wrong, where it was read from one. */
  readonly setting: string | undefined;

  constructor(message: string, { setting, ...options }: ErrorOptions & { readonly setting?: string } = {}) {
    super(message, options);
    this.setting = setting;
  }
}

/** A key that cannot be routed: neither a bigint nor a text, or empty. */
export class InvalidKeyError extends RouterError {
  readonly code = 'ROUTER_INVALID_KEY';
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
  readonly code = 'ROUTER_SHARD_UNAVAILABLE';
  readonly retryable = true;
  readonly shard: number;

  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
  }
}

/** A shard's server answers, but does not let us in: it is no MySQL, or refuses the user, password or database. */
export class ShardAccessError extends RouterError {
  readonly code = 'ROUTER_SHARD_ACCESS';
  readonly retryable = false;
  readonly shard: number;

  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}: ${message}`, options);
    this.shard = shard;
  }
}

/** The shard's fence does not let this bucket be used now, and no other shard would take it either. */
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
  readonly code = 'ROUTER_NUMBERS_UNAVAILABLE';
  readonly retryable = true;
}

/** COMMIT was sent and its answer was lost: the transaction may or may not be there. Ask again under the same id. */
export class UnknownOutcomeError extends RouterError {
  readonly code = 'ROUTER_UNKNOWN_OUTCOME';
  readonly retryable = false;
}

/** The server gave the transaction up (deadlock, lock wait) as often as it may be tried. Nothing was written. */
export class TransactionAbortedError extends RouterError {
  readonly code = 'ROUTER_TRANSACTION_ABORTED';
  readonly retryable = true;
}

/** A row with the same primary or unique key is there already. */
export class DuplicateRowError extends RouterError {
  readonly code = 'ROUTER_DUPLICATE_ROW';
  readonly retryable = false;
  /** The index that refused it, such as `orders.PRIMARY`; empty when the server did not say. */
  readonly index: string;

  constructor(index: string, options?: ErrorOptions) {
    super(`duplicate row in ${index}`, options);
    this.index = index;
  }
}

/** A unit of work has statements that it cannot have. Nothing was sent. */
export class InvalidUnitError extends RouterError {
  readonly code = 'ROUTER_INVALID_UNIT';
  readonly retryable = false;
}

/** The guard of a unit of work found no row to change: nothing of the unit was written. */
export class UnitConditionError extends RouterError {
  readonly code = 'ROUTER_UNIT_CONDITION';
  readonly retryable = false;
}

/** A unit of work is longer than what the server takes at once. Nothing was sent. */
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

/** The router is closing: what is under way ends, and nothing new begins. */
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

/** A statement that begins or ends a transaction where none can be. */
export class TransactionControlError extends RouterError {
  readonly code = 'ROUTER_TRANSACTION_CONTROL';
  readonly retryable = false;
}

/** A part of the transaction failed and was not taken back by itself, so the whole cannot be committed. */
export class RollbackOnlyError extends RouterError {
  readonly code = 'ROUTER_ROLLBACK_ONLY';
  readonly retryable = false;
}

/** The deadline of the scope has passed. Nothing more was sent. */
export class DeadlineExceededError extends RouterError {
  readonly code = 'ROUTER_DEADLINE_EXCEEDED';
  readonly retryable = true;
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
 * A number and a key that are to be written together live on different shards, by the map or by the fences. Nothing was
 * written. With a number that was drawn anew for the key it may succeed.
 */
export class KeyElsewhereError extends RouterError {
  readonly code = 'ROUTER_KEY_ELSEWHERE';
  readonly retryable = true;
  /** The shards that fences name in place of the one that was asked; undefined where none does. */
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
