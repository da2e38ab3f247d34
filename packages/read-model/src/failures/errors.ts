import { ReadModelError } from '../errors.ts';

/** No dead letter matches what was asked for. */
export class NoSuchLetterError extends ReadModelError {
  readonly code = 'READ_MODEL_NO_SUCH_LETTER';
  readonly retryable = false;
}
