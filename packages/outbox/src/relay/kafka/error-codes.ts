/** What a broker's answer means for a batch. */
export type Verdict = 'stored' | 'try again' | 'refused' | 'too large' | 'failed';

/** Temporary errors: the leader has moved, or it or its replicas cannot take the batch at the moment. */
const PASSING = new Set([
  3, // UNKNOWN_TOPIC_OR_PARTITION
  5, // LEADER_NOT_AVAILABLE
  6, // NOT_LEADER_OR_FOLLOWER
  7, // REQUEST_TIMED_OUT
  13, // NETWORK_EXCEPTION
  19, // NOT_ENOUGH_REPLICAS
  20, // NOT_ENOUGH_REPLICAS_AFTER_APPEND
  56, // KAFKA_STORAGE_ERROR
]);

/** Returns what Kafka's error code of a produce request means for the batch. */
export function verdictOf(errorCode: number): Verdict {
  switch (errorCode) {
    case 0: // NONE
    case 46: // DUPLICATE_SEQUENCE_NUMBER: it was stored the first time.
      return 'stored';
    case 10: // MESSAGE_TOO_LARGE
    case 18: // RECORD_LIST_TOO_LARGE
      return 'too large';
    case 87: // INVALID_RECORD
      return 'refused';
    default:
      return PASSING.has(errorCode) ? 'try again' : 'failed';
  }
}
