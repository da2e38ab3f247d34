/** A message as it came from the topic, its bytes untouched. */
export interface SourceMessage {
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: readonly (readonly [Buffer, Buffer])[];
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** Messages that are dealt with together; those of one partition are in its order. */
export interface Batch {
  readonly messages: readonly SourceMessage[];
  /** Notes that all of them are dealt with. What cannot be noted is read again. Never throws. */
  commit(): Promise<void>;
}

/** Where messages come from. */
export interface Source {
  /** Batches until `signal` aborts, whatever becomes of the broker meanwhile. The next one is asked for after a commit. */
  batches(signal: AbortSignal): AsyncIterable<Batch>;
  /** Why nothing can be read now, or undefined. */
  readonly problem: string | undefined;
  /** The partitions that are this instance's now. */
  readonly partitions: readonly number[];
}

/** A message that was not projected, and why. */
export interface DeadLetter {
  readonly message: SourceMessage;
  /** `CODE: message` of the error. */
  readonly reason: string;
  readonly stack?: string | undefined;
  /** Whether it may be projected later: it is tried again then. One that never can be is a dead letter at once. */
  readonly retryable?: boolean;
}

/** What becomes of a message that failed with an error. */
export function deadLetterOf(message: SourceMessage, error: Error): DeadLetter {
  const { code, retryable } = error as { code?: unknown; retryable?: unknown };
  return {
    message,
    reason: `${typeof code === 'string' ? code : error.name}: ${error.message}`,
    stack: error.stack,
    retryable: retryable === true,
  };
}

/** Where messages go that were not projected. */
export interface DeadLetters {
  /** Stores them for good, to be tried again or as dead letters. Throws KafkaUnavailableError when that is not certain. */
  send(letters: readonly DeadLetter[]): Promise<void>;
}
