import { ReadModelError } from '../errors.ts';

/** The rebuild is not in the state that the command needs, or another command changed it at the same time. */
export class RebuildStateError extends ReadModelError {
  readonly code = 'READ_MODEL_REBUILD_STATE';
  readonly retryable = false;
}

/** Projectors or readers have not acknowledged a change within the waiting time. The change itself is made. */
export class NotAcknowledgedError extends ReadModelError {
  readonly code = 'READ_MODEL_NOT_ACKNOWLEDGED';
  readonly retryable = true;
}

/** The new collection is behind the served one, or differs from the orders. */
export class SwitchRefusedError extends ReadModelError {
  readonly code = 'READ_MODEL_SWITCH_REFUSED';
  readonly retryable = true;
}
