import type { Message } from './message.ts';

/** A message that was not published while the rest was. */
export interface Withheld {
  /** Its place among the messages. */
  readonly index: number;
  /** Why Kafka will never take it; undefined for one that is only held behind such a one of its key. */
  readonly reason: string | undefined;
}

/** What is known of messages of which a send has failed. */
export interface Unfinished {
  readonly withheld: readonly Withheld[];
  /** Places of those that are neither acknowledged nor refused: they may be there all the same. */
  readonly unanswered: readonly number[];
}

/** By partitions, of which some may answer while others do not. */
export interface Partitions {
  readonly count: number;
  of(key: string): number;
  /** What is known of the messages of the send that has failed last. */
  unfinished(messages: readonly Message[]): Unfinished;
  /** Ends that send: its messages need not be published again before others. */
  end(): void;
}

/** Where messages go: one topic of a broker. Each table has a publisher of its own. */
export interface Publisher {
  /**
   * Connects, unless it is connected. With brokers that do not answer it may take longer than a send.
   *
   * @throws PublishError
   */
  prepare(): Promise<void>;
  /**
   * Publishes messages, and resolves when all are acknowledged but for those that Kafka refuses for what they are, and
   * the later ones of the same keys: these are given back. Those of one key keep their order. Takes no longer than a
   * send's limit once it is prepared. After it has thrown, the same messages, as the same objects, are to be published
   * again before any other, unless the send is ended: those that were acknowledged are not sent again, the others may be there all the same.
   *
   * @throws PublishError
   */
  publish(messages: readonly Message[]): Promise<readonly Withheld[]>;
  /** Set when the partitions are known, and a send can be ended for some of them alone. */
  readonly partitions: Partitions | undefined;
  close(): Promise<void>;
}
