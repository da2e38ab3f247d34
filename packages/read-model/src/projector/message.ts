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

/** A message that cannot be projected, and why. */
export interface DeadLetter {
  readonly message: SourceMessage;
  readonly reason: string;
}

/** Where dead letters go. */
export interface DeadLetters {
  /** Stores them for good. Throws KafkaUnavailableError when that is not certain. */
  send(letters: readonly DeadLetter[]): Promise<void>;
}
