import { RebalanceError } from '../errors.ts';
import { EXIT } from '../cli/exit-codes.ts';

/** The archive's place cannot be read or written: a folder that is not there, a store that refuses or does not answer. */
export class ArchiveUnavailableError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_UNAVAILABLE';
  readonly retryable = true;
}

/** There is no archive at this place: it is not there, or nothing says whose it is. Nothing was written. */
export class ArchiveMissingError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_MISSING';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The archive at this place is another cluster's. Nothing was written, and nothing of it is given out. */
export class ArchiveForeignError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_FOREIGN';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** A place cannot be made the archive of this cluster, or no shard knows one that is to be forgotten. Nothing was changed. */
export class ArchiveRefusedError extends RebalanceError {
  readonly code = 'REBALANCE_ARCHIVE_REFUSED';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/** The folder of this machine that files of an archive go through cannot be used. Nothing was dropped. */
export class ScratchUnavailableError extends RebalanceError {
  readonly code = 'REBALANCE_SCRATCH';
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
