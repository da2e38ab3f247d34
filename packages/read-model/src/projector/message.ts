import type { Awaited } from '../errors.ts';
import type { Standstill } from './flow.ts';

/** Names and values of a message's headers, as Kafka has them: any bytes, the same name twice, and values that are absent. */
export type MessageHeaders = readonly (readonly [Buffer | null, Buffer | null])[];

/** A message as it came from the topic, its bytes untouched. */
export interface SourceMessage {
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers: MessageHeaders;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** Set when this stands for a batch that could not be unpacked: why the batch cannot be read. */
  readonly unreadable?: string;
}

/** Messages of one partition that were read together, in its order. */
export interface Chunk {
  readonly messages: readonly SourceMessage[];
  /**
   * Says that all messages of the chunk are handled. Chunks may be done in any order. Of a partition, offsets are committed
   * up to its first chunk that is not done.
   */
  done(): void;
}

/** Where messages come from. */
export interface Source {
  /**
   * Hands chunks to `take` until `signal` aborts, whatever happens to the broker. While too much of a partition is not done,
   * the source hands over no more of that partition.
   */
  read(take: (chunk: Chunk) => void, signal: AbortSignal): Promise<void>;
  /** Commits what is done, and gives the partitions back. Never throws. */
  leave(): Promise<void>;
  /** Why nothing can be read now, or undefined. */
  readonly problem: string | undefined;
  /** The partitions that this instance has now. */
  readonly partitions: readonly number[];
  /** Partitions that are behind and have not moved for long. */
  readonly standstills?: readonly Standstill[];
  /** Changes of the log since the process started that operators must know about. */
  readonly notices?: readonly string[];
  /** What the messages wait for, once it has been away for so long that operators must know about it. */
  readonly awaiting?: readonly string[];
}

/** A message that was not projected, and why. */
export interface DeadLetter {
  readonly message: SourceMessage;
  /** `CODE: message` of the error. */
  readonly reason: string;
  readonly stack?: string | undefined;
  /** Whether the message may be projected later: then it is retried. A message that never can be is a dead letter at once. */
  readonly retryable?: boolean;
  /** What is away, if that is the cause: the message is retried until that is back, however long it takes. */
  readonly awaits?: Awaited | undefined;
}

/** Returns the letter for a message that failed with an error. */
export function deadLetterOf(message: SourceMessage, error: Error): DeadLetter {
  const { code, retryable, awaits } = error as { code?: unknown; retryable?: unknown; awaits?: Awaited };
  return {
    message,
    reason: `${typeof code === 'string' ? code : error.name}: ${error.message}`,
    stack: error.stack,
    retryable: retryable === true,
    awaits,
  };
}

/** Stores messages that were not projected. */
export interface DeadLetters {
  /**
   * Stores the letters durably, to be retried or as dead letters. Throws KafkaUnavailableError when it is not certain that
   * they are stored.
   */
  send(letters: readonly DeadLetter[]): Promise<void>;
}
