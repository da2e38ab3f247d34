import type { Envelope } from '@ordershard/order-events';

/** Where messages go: one topic of a broker. Each table has a publisher of its own. */
export interface Publisher {
  /**
   * Publishes messages, and resolves when all are acknowledged. Those of one key keep their order. Takes no longer than
   * a send's limit; after it has thrown, any of the messages may be there, and all are to be published again before any
   * later one.
   *
   * @throws PublishError
   */
  publish(messages: readonly Envelope[]): Promise<void>;
  close(): Promise<void>;
}
