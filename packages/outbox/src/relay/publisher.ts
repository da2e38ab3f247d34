import type { Message } from './message.ts';

/** A message that was not published while the rest was. */
export interface Withheld {
  /** Its place among the messages. */
  readonly index: number;
  /** Why Kafka will never take it; undefined for one that is only held behind such a one of its key. */
  readonly reason: string | undefined;
}

/** Where messages go: one topic of a broker. Each table has a publisher of its own. */
export interface Publisher {
  /**
   * Publishes messages, and resolves when all are acknowledged but for those that Kafka refuses for what they are, and
   * the later ones of the same keys: these are given back. Those of one key keep their order. Takes no longer than a
   * send's limit; after it has thrown, any of the messages may be there, and all are to be published again before any
   * later one.
   *
   * @throws PublishError
   */
  publish(messages: readonly Message[]): Promise<readonly Withheld[]>;
  close(): Promise<void>;
}
