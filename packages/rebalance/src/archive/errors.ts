import { RebalanceError } from '../errors.ts';
import { EXIT } from '../cli/exit-codes.ts';

/** The archive's place cannot be read or written: a folder that is not there, a store that refuses or does not answer. */
export class ArchiveUnavailableError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_UNAVAILABLE';
  readonly retryable = true;
}

/** What lies in the archive is not what was put there, or cannot be read as such. Nothing is dropped for it. */
export class ArchiveDamagedError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_DAMAGED';
  readonly retryable = false;
}

/** A query of the archive was refused by DuckDB. */
export class ArchiveQueryError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_QUERY';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.usage;
}

/** The archive's URL is none of those that there are. */
export class ArchiveUrlError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_URL';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.usage;
}
