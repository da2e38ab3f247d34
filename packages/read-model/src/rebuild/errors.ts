import { ReadModelError } from '../errors.ts';

/** The rebuild is not in the state that the command needs, or another command has changed it meanwhile. */
export class RebuildStateError extends ReadModelError {
  readonly code = 'READ_MODEL_REBUILD_STATE';
  readonly retryable = false;
}

/** Projectors or readers have not acknowledged a change while it was waited. The change itself is made. */
export class NotAcknowledgedError extends ReadModelError {
  readonly code = 'READ_MODEL_NOT_ACKNOWLEDGED';
  readonly retryable = true;
}

/** The new collection is not at least as far as the one that is served, or differs from the orders. */
export class SwitchRefusedError extends ReadModelError {
  readonly code = 'READ_MODEL_SWITCH_REFUSED';
  readonly retryable = true;
}
