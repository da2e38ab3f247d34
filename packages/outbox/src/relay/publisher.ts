import type { Message } from './message.ts';

/** A message that was not published while the rest was. */
export interface Withheld {
  /** Its place among the messages. */
  readonly index: number;
  /** Why Kafka will never take it; undefined for a message that is only held behind a refused message of its key. */
  readonly reason: string | undefined;
}

/** What is known of the messages of a failed send. */
export interface Unfinished {
  readonly withheld: readonly Withheld[];
  /** Places of the messages that are neither acknowledged nor refused. Kafka may have stored them all the same. */
  readonly unanswered: readonly number[];
}

/** The partitions of the topic. Some may answer while others do not. */
export interface Partitions {
  readonly count: number;
  of(key: string): number;
  /** Returns what is known of the messages of the last failed send. */
  unfinished(messages: readonly Message[]): Unfinished;
  /** Ends that send: its messages need not be published again before other messages. */
  end(): void;
}

/** The target of messages: one topic of Kafka. Each table has its own publisher. */
export interface Publisher {
  /**
   * Connects, unless it is connected already. When brokers do not answer, this may take longer than a send.
   *
   * @throws PublishError
   */
  prepare(): Promise<void>;
  /**
   * Publishes messages. Resolves when all are acknowledged except those that Kafka refuses for their content and the later
   * ones of the same keys; it resolves to these. Messages of one key keep their order. Once it is prepared, it takes no
   * longer than a send's limit. After it has thrown, the caller must publish the same messages, as the same objects, before
   * any other, unless it ends the send. Messages that were acknowledged are not sent again; Kafka may have stored the others
   * all the same.
   *
   * @throws PublishError
   */
  publish(messages: readonly Message[]): Promise<readonly Withheld[]>;
  /** Set when the partitions are known and the caller can end a send for some of them alone. */
  readonly partitions: Partitions | undefined;
  close(): Promise<void>;
}
