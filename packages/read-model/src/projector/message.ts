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
  /** Why it cannot be read at all, where it stands for a batch that could not be unpacked. */
  readonly unreadable?: string;
}

/** Messages of one partition that were read together, in its order. */
export interface Chunk {
  readonly messages: readonly SourceMessage[];
  /**
   * Says that all of them are dealt with. Chunks may be done in any order; the offsets of a partition are committed up
   * to its first chunk that is not.
   */
  done(): void;
}

/** Where messages come from. */
export interface Source {
  /**
   * Hands chunks to `take` until `signal` aborts, whatever becomes of the broker meanwhile. Of a partition it hands over
   * no more while too much of it is not done.
   */
  read(take: (chunk: Chunk) => void, signal: AbortSignal): Promise<void>;
  /** Commits what is done, and gives the partitions back. Never throws. */
  leave(): Promise<void>;
  /** Why nothing can be read now, or undefined. */
  readonly problem: string | undefined;
  /** The partitions that are this instance's now. */
  readonly partitions: readonly number[];
  /** Partitions that are behind and have not moved for long. */
  readonly standstills?: readonly Standstill[];
  /** What happened to the log that operators have to know of, since the process started. */
  readonly notices?: readonly string[];
  /** What its messages wait for that is away, for as long that operators have to know of it. */
  readonly awaiting?: readonly string[];
}

/** A message that was not projected, and why. */
export interface DeadLetter {
  readonly message: SourceMessage;
  /** `CODE: message` of the error. */
  readonly reason: string;
  readonly stack?: string | undefined;
  /** Whether it may be projected later: it is tried again then. One that never can be is a dead letter at once. */
  readonly retryable?: boolean;
  /** What is away, where that is why: it is tried again until that is there, however long. */
  readonly awaits?: Awaited | undefined;
}

/** What becomes of a message that failed with an error. */
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

/** Where messages go that were not projected. */
export interface DeadLetters {
  /** Stores them for good, to be tried again or as dead letters. Throws KafkaUnavailableError when that is not certain. */
  send(letters: readonly DeadLetter[]): Promise<void>;
}
