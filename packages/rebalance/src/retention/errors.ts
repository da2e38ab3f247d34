import { EXIT } from '../cli/exit-codes.ts';
import { RebalanceError } from '../errors.ts';

/** The table registry does not say what retention has to know. */
export class RegistryError extends RebalanceError {
  readonly code = 'REBALANCE_REGISTRY';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.usage;
}

/** A hold, release or restore was refused, for what the number is. Nothing was changed. */
export class HoldRefusedError extends RebalanceError {
  readonly code = 'REBALANCE_HOLD_REFUSED';
  readonly retryable = false;
  override readonly exitCode: number = EXIT.refused;
}

/**
 * A table cannot be altered now: others hold it, or a backup holds all definitions of its server; the message says who.
 * Nothing was changed.
 */
export class TableBusyError extends RebalanceError {
  readonly code = 'REBALANCE_TABLE_BUSY';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
}

/** Some tables of a shard did not get their partitions; the message names each, with why. The other tables did. */
export class PartitionsMissingError extends RebalanceError {
  readonly code = 'REBALANCE_PARTITIONS_MISSING';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
  /** The partitions that were made all the same: names by table. */
  readonly made: Readonly<Record<string, readonly string[]>>;

  constructor(
    failures: ReadonlyMap<string, readonly string[]>,
    made: Readonly<Record<string, readonly string[]>>,
    options?: ErrorOptions,
  ) {
    const texts = [...failures].map(
      ([why, tables]) => `no partitions ahead for ${tables.join(', ')}: ${why}`,
    );
    super(texts.join('; '), options);
    this.made = made;
  }
}

/** A day cannot go yet. It stays, with all its rows; the message says why. */
export class DayKeptError extends RebalanceError {
  readonly code = 'REBALANCE_DAY_KEPT';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
}
