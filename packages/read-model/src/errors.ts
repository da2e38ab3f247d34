/** What every error of the read model has: a stable code, and whether the same call may succeed when made again. */
export abstract class ReadModelError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** An event whose data cannot be made a view: a field is missing, or not what it should be. */
export class ProjectionError extends ReadModelError {
  readonly code = 'READ_MODEL_PROJECTION';
  readonly retryable = false;
}

/** MongoDB did not take the views. Some of them may be stored; all are to be written again. */
export class ViewsUnavailableError extends ReadModelError {
  readonly code = 'READ_MODEL_VIEWS_UNAVAILABLE';
  readonly retryable = true;
}

/** MongoDB refuses this one view for what it is, such as by a validator of the collection. */
export class ViewRefusedError extends ReadModelError {
  readonly code = 'READ_MODEL_VIEW_REFUSED';
  readonly retryable = true;
}

/** Kafka cannot be read, or does not take dead letters, for now. */
export class KafkaUnavailableError extends ReadModelError {
  readonly code = 'READ_MODEL_KAFKA_UNAVAILABLE';
  readonly retryable = true;
}

/** An order could not be read from its shard, or not yet at the version that its event tells of. */
export class HydrationError extends ReadModelError {
  readonly code = 'READ_MODEL_HYDRATION';
  readonly retryable = true;
}

/** A view is derived from order views, of which one is not as far as its event yet. */
export class OrderViewBehindError extends ReadModelError {
  readonly code = 'READ_MODEL_ORDER_VIEW_BEHIND';
  readonly retryable = true;
}
