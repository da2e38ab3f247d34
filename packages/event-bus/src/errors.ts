/** What every error of the event bus has: a stable code, and whether the same call may succeed when made again. */
export abstract class EventBusError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** The bus's topic has more than one partition, so instances could see events in different orders. */
export class BusTopicError extends EventBusError {
  readonly code = 'EVENT_BUS_TOPIC';
  readonly retryable = false;
}

/** Kafka cannot be reached, or the bus could not be joined in time. */
export class BusUnavailableError extends EventBusError {
  readonly code = 'EVENT_BUS_UNAVAILABLE';
  readonly retryable = true;
}

/** A bus id, a destination, or an event to publish is not as it must be. Nothing was sent. */
export class InvalidEventError extends EventBusError {
  readonly code = 'EVENT_BUS_INVALID_EVENT';
  readonly retryable = false;
}

/** One of the publisher's own handlers failed; these run before the event is sent. Nothing was sent. */
export class OwnHandlerError extends EventBusError {
  readonly code = 'EVENT_BUS_OWN_HANDLER';
  readonly retryable = true;
}

/** Kafka did not take an event in time. The event may be in the topic all the same; the publisher's own handlers have run. */
export class EventNotSentError extends EventBusError {
  readonly code = 'EVENT_BUS_NOT_SENT';
  readonly retryable = true;
}

/** The bus is closed. */
export class BusClosedError extends EventBusError {
  readonly code = 'EVENT_BUS_CLOSED';
  readonly retryable = false;
}
