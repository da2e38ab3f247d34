import { RouterError } from '../errors.ts';

/** An epoch cannot be opened, aborted or closed as it was asked; the message says what is in the way. */
export class EpochRefusedError extends RouterError {
  readonly code = 'ROUTER_EPOCH_REFUSED';
  readonly retryable = false;
}

/** An epoch was being opened, and was aborted: all is as it was before. */
export class EpochAbortedError extends RouterError {
  readonly code = 'ROUTER_EPOCH_ABORTED';
  readonly retryable = true;
}
