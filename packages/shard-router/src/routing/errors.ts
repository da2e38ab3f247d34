import { RouterError } from '../errors.ts';

/** A key that the directory has no shard for, and no rule that would place it. */
export class KeyNotInDirectoryError extends RouterError {
  readonly code = 'ROUTER_KEY_NOT_IN_DIRECTORY';
  readonly retryable = false;
}

/** The shard of a key is not in the cache and the directory's store did not answer. Keys in the cache go on. */
export class DirectoryUnavailableError extends RouterError {
  readonly code = 'ROUTER_DIRECTORY_UNAVAILABLE';
  readonly retryable = true;
}
