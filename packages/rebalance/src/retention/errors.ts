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

/** A day cannot go yet. It stays, with all that is in it; the message says for what. */
export class DayKeptError extends RebalanceError {
  readonly code = 'REBALANCE_DAY_KEPT';
  readonly retryable = true;
  override readonly exitCode: number = EXIT.unfinished;
}
