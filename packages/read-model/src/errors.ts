/** What a message can wait for, however long that is away: orders on their shard, or the order views of another process. */
export const AWAITED = ['orders', 'order views'] as const;
export type Awaited = (typeof AWAITED)[number];

/** What every error of the read model has: a stable code, and whether the same call may succeed when made again. */
export abstract class ReadModelError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;
  /** What is away, if that caused the error and not the message itself. */
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

/** MongoDB did not take the views. Some of them may be stored; the caller writes all of them again. */
export class ViewsUnavailableError extends ReadModelError {
  readonly code = 'READ_MODEL_VIEWS_UNAVAILABLE';
  readonly retryable = true;
}

/** MongoDB refuses this one view because of its content, for example by a validator of the collection. */
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

/** Orders cannot be read from their shard now: it is away, slow, or refuses access. */
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

/** A view is derived from order views, and one of these is behind its event. */
export class OrderViewBehindError extends ReadModelError {
  readonly code = 'READ_MODEL_ORDER_VIEW_BEHIND';
  readonly retryable = true;
  override readonly awaits = 'order views';
}
