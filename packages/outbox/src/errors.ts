/** What every error of the outbox has: a stable code, and whether the same call may succeed when made again. */
export abstract class OutboxError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * An event was to be appended through something that is no open transaction of the event's own order: it could be
 * committed without the change that it tells of. Nothing was written.
 */
export class NotInTransactionError extends OutboxError {
  readonly code = 'OUTBOX_NOT_IN_TRANSACTION';
  readonly retryable = false;
}

/** A relay's lease of a table has run out or is another's. What it had under way may be published again by that one. */
export class LeaseLostError extends OutboxError {
  readonly code = 'OUTBOX_LEASE_LOST';
  readonly retryable = true;
}

/**
 * A table's database knows less than was read of it and published: it is another one by now, which lacked something. What it
 * has is published anew, from what it says of itself.
 */
export class IdsForgottenError extends OutboxError {
  readonly code = 'OUTBOX_IDS_FORGOTTEN';
  readonly retryable = true;
  readonly published: bigint;
  readonly known: bigint;

  constructor(published: bigint, known: bigint) {
    super(`the database knows of ids up to ${known}, and ${published} was published`);
    this.published = published;
    this.known = known;
  }
}

/** A shard's database splits a topic's outbox otherwise than this code does. It would miss events, so it does not run. */
export class OutboxTablesError extends OutboxError {
  readonly code = 'OUTBOX_TABLES';
  readonly retryable = false;
}

/** A keyed topic has another number of partitions than it should: a change would break the order of its keys. */
export class TopicPartitionsError extends OutboxError {
  readonly code = 'OUTBOX_TOPIC_PARTITIONS';
  readonly retryable = false;
}

/** Kafka did not take messages. Some of them may be there all the same. */
export class PublishError extends OutboxError {
  readonly code = 'OUTBOX_PUBLISH';
  readonly retryable = true;
}

/** Kafka could not be asked about a topic, or did not make it. */
export class TopicUnavailableError extends OutboxError {
  readonly code = 'OUTBOX_TOPIC_UNAVAILABLE';
  readonly retryable = true;
}

/**
 * Kafka refuses the events of so many orders that they cannot be what is wrong: the topic's limits or its schema rules
 * are. Nothing more is parked; the table waits, and tries again.
 */
export class TooManyParkedError extends OutboxError {
  readonly code = 'OUTBOX_TOO_MANY_PARKED';
  readonly retryable = true;
}

/** No row that was asked for is parked. Nothing was changed. */
export class NothingParkedError extends OutboxError {
  readonly code = 'OUTBOX_NOTHING_PARKED';
  readonly retryable = false;
}

/** What is to be published again was not said, or not as it must be. Nothing was sent. */
export class SelectorError extends OutboxError {
  readonly code = 'OUTBOX_SELECTOR';
  readonly retryable = false;
}

/** No published event is meant by what was said. Nothing was sent. */
export class NothingSelectedError extends OutboxError {
  readonly code = 'OUTBOX_NOTHING_SELECTED';
  readonly retryable = false;
}

/** Events of a table that Debezium publishes cannot be published again to their own topic. Nothing was sent. */
export class RepublishTargetError extends OutboxError {
  readonly code = 'OUTBOX_REPUBLISH_TARGET';
  readonly retryable = false;
}

/** Publishing again has failed on the way. The message says what was sent; to do all of it again does no harm. */
export class RepublishUnfinishedError extends OutboxError {
  readonly code = 'OUTBOX_REPUBLISH_UNFINISHED';
  readonly retryable = true;
}

/** A topic cannot be made as it should be, such as a keyed one with another number of partitions. Nothing was changed. */
export class TopicsRefusedError extends OutboxError {
  readonly code = 'OUTBOX_TOPICS_REFUSED';
  readonly retryable = false;
  /** Of a command that it ends. */
  readonly exitCode = 3;
}
