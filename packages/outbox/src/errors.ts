/** The base of every error of the outbox: a stable code, and whether the same call may succeed if it is made again. */
export abstract class OutboxError extends Error {
  abstract readonly code: string;
  abstract readonly retryable: boolean;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/**
 * The caller appended an event without an open transaction of the event's own order. The event could be committed without the
 * change that it reports. Nothing was written.
 */
export class NotInTransactionError extends OutboxError {
  readonly code = 'OUTBOX_NOT_IN_TRANSACTION';
  readonly retryable = false;
}

/** A relay's lease of a table has run out, or another relay has it and may publish again what this one was sending. */
export class LeaseLostError extends OutboxError {
  readonly code = 'OUTBOX_LEASE_LOST';
  readonly retryable = true;
}

/**
 * A table's database does not know ids that were read from it and published: it is another database by now, which lacked
 * them. The relay publishes anew what this database has, starting from the progress stored in it.
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

/**
 * A shard's database splits a topic's outbox into another number of tables than this code. The relay would miss events, so it
 * does not run.
 */
export class OutboxTablesError extends OutboxError {
  readonly code = 'OUTBOX_TABLES';
  readonly retryable = false;
}

/** A keyed topic has another number of partitions than it should: a change would break the order of its keys. */
export class TopicPartitionsError extends OutboxError {
  readonly code = 'OUTBOX_TOPIC_PARTITIONS';
  readonly retryable = false;
}

/** Kafka did not take all messages. It may have stored some of them all the same. */
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
 * Kafka refuses the events of so many orders that the orders cannot be the cause, but only the topic's limits or its schema
 * rules. The relay parks nothing more; the table waits, and the relay retries.
 */
export class TooManyParkedError extends OutboxError {
  readonly code = 'OUTBOX_TOO_MANY_PARKED';
  readonly retryable = true;
}

/** None of the requested rows is parked. Nothing was changed. */
export class NothingParkedError extends OutboxError {
  readonly code = 'OUTBOX_NOTHING_PARKED';
  readonly retryable = false;
}

/** The selection of events to publish again is empty or malformed. Nothing was sent. */
export class SelectorError extends OutboxError {
  readonly code = 'OUTBOX_SELECTOR';
  readonly retryable = false;
}

/** The selection matches no published event. Nothing was sent. */
export class NothingSelectedError extends OutboxError {
  readonly code = 'OUTBOX_NOTHING_SELECTED';
  readonly retryable = false;
}

/** Events of a table that Debezium publishes cannot be published again to their own topic. Nothing was sent. */
export class RepublishTargetError extends OutboxError {
  readonly code = 'OUTBOX_REPUBLISH_TARGET';
  readonly retryable = false;
}

/** Publishing again has failed on the way. The message says what was sent. Repeating all of it does no harm. */
export class RepublishUnfinishedError extends OutboxError {
  readonly code = 'OUTBOX_REPUBLISH_UNFINISHED';
  readonly retryable = true;
}

/** A topic cannot be made as it should be, such as a keyed one with another number of partitions. Nothing was changed. */
export class TopicsRefusedError extends OutboxError {
  readonly code = 'OUTBOX_TOPICS_REFUSED';
  readonly retryable = false;
  /** The exit code of a command that ends with this error. */
  readonly exitCode = 3;
}
