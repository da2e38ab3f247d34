import { toZeroPayload } from '@ordershard/order-events';
import type { Message } from '../message.ts';
import type { Publisher, Withheld } from '../publisher.ts';

/**
 * Publishes each event twice: with its information to the external topic, then without it to the internal topic. So a
 * consumer of the internal topic can find each change where the external topic has brought it. Events that the external topic
 * does not take do not go to the internal topic either.
 */
export class TwoFormsPublisher implements Publisher {
  readonly #snapshots: Publisher;
  readonly #events: Publisher;
  /** Not set: a message that only the first topic has taken cannot be left for later. */
  readonly partitions = undefined;
  /** Set while the second topic has not taken the events that the first one has taken. */
  #told: Told | undefined;

  constructor(snapshots: Publisher, events: Publisher) {
    this.#snapshots = snapshots;
    this.#events = events;
  }

  async prepare(): Promise<void> {
    await Promise.all([this.#snapshots.prepare(), this.#events.prepare()]);
  }

  async publish(messages: readonly Message[]): Promise<readonly Withheld[]> {
    if (this.#told?.of !== messages) this.#told = await this.#publishSnapshots(messages);
    const { withheld, places, events } = this.#told;
    // Each event has a few bytes, which no topic refuses for their content: a topic that does is wrong as a whole.
    const refused = events.length === 0 ? [] : await this.#events.publish(events);
    this.#told = undefined;
    if (refused.length === 0) return withheld;
    return [...withheld, ...refused.map(({ index, reason }) => ({ index: places[index]!, reason }))];
  }

  async close(): Promise<void> {
    await Promise.all([this.#snapshots.close(), this.#events.close()]);
  }

  async #publishSnapshots(messages: readonly Message[]): Promise<Told> {
    const withheld = await this.#snapshots.publish(messages);
    const out = new Set(withheld.map(({ index }) => index));
    const places = messages.flatMap((_, index) => (out.has(index) ? [] : index));
    return {
      of: messages,
      withheld,
      places,
      events: places.map((index) => withoutPayload(messages[index]!)),
    };
  }
}

/** Events that the external topic has taken, and that the internal topic still has to get. */
interface Told {
  readonly of: readonly Message[];
  readonly withheld: readonly Withheld[];
  /** Places of the events among the messages. */
  readonly places: readonly number[];
  readonly events: readonly Message[];
}

function withoutPayload(message: Message): Message {
  const { value, ...rest } = toZeroPayload(message);
  return { ...rest, value: Buffer.from(value) };
}
