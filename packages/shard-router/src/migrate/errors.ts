import { RouterError } from '../errors.ts';

/** A statement of a migration failed on a shard. What was run before it stays; a later run goes on at this statement. */
export class MigrationFailedError extends RouterError {
  readonly code = 'ROUTER_MIGRATION_FAILED';
  readonly retryable = false;
  readonly shard: number;
  /** The file's name. */
  readonly file: string;
  /** The statement's place in the file, from 1. */
  readonly statement: number;

  constructor(shard: number, file: string, statement: number, line: number, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`shard ${shard}: ${file}, statement ${statement} (line ${line}): ${why}`, { cause });
    this.shard = shard;
    this.file = file;
    this.statement = statement;
  }
}

/**
 * A migration may not be run: its file cannot be read statement by statement, what was already run was edited since, or
 * a file that was run is no longer there.
 */
export class MigrationRefusedError extends RouterError {
  readonly code = 'ROUTER_MIGRATION_REFUSED';
  readonly retryable = false;
  readonly file: string;

  constructor(file: string, message: string) {
    super(message);
    this.file = file;
  }
}
