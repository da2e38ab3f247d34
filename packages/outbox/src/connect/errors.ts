import { OutboxError } from '../errors.ts';

/**
 * Kafka Connect did not answer, or not in time. It may have carried out the request all the same; every request can be
 * repeated.
 */
export class ConnectUnavailableError extends OutboxError {
  readonly code = 'OUTBOX_CONNECT_UNAVAILABLE';
  readonly retryable = true;
}

/** Kafka Connect refused a request; the message is its own. */
export class ConnectRefusedError extends OutboxError {
  readonly code = 'OUTBOX_CONNECT_REFUSED';
  readonly retryable = false;
}

/** The workers do not have Debezium's MySQL connector. Nothing was changed. */
export class ConnectPluginError extends OutboxError {
  readonly code = 'OUTBOX_CONNECT_PLUGIN';
  readonly retryable = false;
}

/** A shard's server is not set up for Debezium: its binary log or the grants of the user. Nothing was changed. */
export class ConnectPreflightError extends OutboxError {
  readonly code = 'OUTBOX_CONNECT_PREFLIGHT';
  readonly retryable = false;
}

/** A connector or its task has failed; the message has the first line of its trace. */
export class ConnectorFailedError extends OutboxError {
  readonly code = 'OUTBOX_CONNECTOR_FAILED';
  readonly retryable = false;
}

/** Another engine publishes a table at the moment: an embedded relay holds it, or a removal is in progress. */
export class TableEngineError extends OutboxError {
  readonly code = 'OUTBOX_TABLE_ENGINE';
  readonly retryable = false;
}

/** A step of a switch did not finish in time. The steps that are done stay done: the same command goes on from there. */
export class SwitchUnfinishedError extends OutboxError {
  readonly code = 'OUTBOX_SWITCH_UNFINISHED';
  readonly retryable = true;
}
