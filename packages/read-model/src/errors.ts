/** What a message can wait for, however long it is away: orders on their shard, or the order views of another process. */
export const AWAITED = ['orders', 'order views'] as const;
export type Awaited = (typeof AWAITED)[number];

/** What every error of the read model has: a stable code, and whether the same call may succeed when made again. */
export abstract class ReadModelError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  /** What is away, where the error is no fault of the message that it came of. */
  readonly awaits: Awaited | undefined = undefined;

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

/** A view takes more bytes than a document of MongoDB may have. */
export class ViewTooLargeError extends ReadModelError {
  readonly code = 'READ_MODEL_VIEW_TOO_LARGE';
  readonly retryable = false;
}

/** Kafka cannot be read, or does not take dead letters, for now. */
export class KafkaUnavailableError extends ReadModelError {
  readonly code = 'READ_MODEL_KAFKA_UNAVAILABLE';
  readonly retryable = true;
}

/** Orders cannot be read from their shard now: it is away, slow, or lets nobody in. */
export class ShardAwayError extends ReadModelError {
  readonly code = 'READ_MODEL_SHARD_AWAY';
  readonly retryable = true;
  override readonly awaits = 'orders';
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
  override readonly awaits = 'order views';
}
