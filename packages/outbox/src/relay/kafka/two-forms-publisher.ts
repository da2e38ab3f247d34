import { toZeroPayload } from '@ordershard/order-events';
import type { Message } from '../message.ts';
import type { Publisher, Withheld } from '../publisher.ts';

/**
 * Publishes each event twice: with its information to the external topic, and without to the internal one. The second
 * follows the first, so whoever is told of a change can find it wherever the first one brings it; what the external topic
 * does not take is not told of either.
 */
export class TwoFormsPublisher implements Publisher {
  readonly #snapshots: Publisher;
  readonly #events: Publisher;

  constructor(snapshots: Publisher, events: Publisher) {
    this.#snapshots = snapshots;
    this.#events = events;
  }

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
    const withheld = await this.#snapshots.publish(messages);
    const out = new Set(withheld.map(({ index }) => index));
    const told = messages.filter((_, index) => !out.has(index));
    // A few bytes each, which no topic refuses for what they are: one that does is wrong as a whole.
    const refused = told.length === 0 ? [] : await this.#events.publish(told.map(withoutPayload));
    if (refused.length === 0) return withheld;
    const places = messages.flatMap((_, index) => (out.has(index) ? [] : index));
    return [...withheld, ...refused.map(({ index, reason }) => ({ index: places[index]!, reason }))];
  }

  async close(): Promise<void> {
    await Promise.all([this.#snapshots.close(), this.#events.close()]);
  }
}

function withoutPayload(message: Message): Message {
  const { value, ...rest } = toZeroPayload(message);
  return { ...rest, value: Buffer.from(value) };
}
