import { randomUUID } from 'node:crypto';
import { type CompressionAlgorithmValue, Producer } from '@platformatic/kafka';

/**
 * What has to become of a foreign message: a dead letter, nothing at all, or either of these; or a view under a number of its
 * own; or, where sizes lie at a limit, either a view or a dead letter.
 */
export type Fate = 'letter' | 'nothing' | 'letter or nothing' | 'view' | 'view or letter';

export type HeaderBytes = readonly (readonly [Buffer, Buffer | null])[];

/** A message as somebody else writes it. */
export interface ForeignMessage {
  readonly topic: string;
  readonly partition?: number;
  readonly key: Buffer | undefined;
  readonly value: Buffer | undefined;
  readonly headers?: HeaderBytes;
  readonly fate: Fate;
  /** The number of its view, where it may have one. */
  readonly number?: bigint;
}

/** The header by which a check finds out what became of a message. */
export const ID_HEADER = 'foreign-id';

/** A message that was sent: what has to become of it, and where it lies. */
export interface Sent {
  readonly id: string;
  readonly fate: Fate;
  readonly number: bigint | undefined;
  /** `topic partition`, and the first offset of the request that it was sent in. */
  readonly place: string;
  readonly offset: bigint;
}

/** Text as a header has it. */
export const bytes = (text: string): Buffer => Buffer.from(text);

/** Headers of texts. */
export function headersOf(texts: Readonly<Record<string, string | null>>): HeaderBytes {
  return Object.entries(texts).map(([name, text]) => [bytes(name), text === null ? null : bytes(text)]);
}

/** How messages are sent. */
export interface SendOptions {
  readonly compression?: CompressionAlgorithmValue;
  /** Sends the messages in a transaction that ends this way. */
  readonly transaction?: 'commit' | 'abort';
}

type RawProducer = Producer<Buffer | undefined, Buffer | undefined>;

/** Sends messages that are not ours, and notes what has to become of each. */
export class Foreign {
  readonly #brokers: string;
  readonly #sent: Sent[] = [];

  constructor(brokers: string) {
    this.#brokers = brokers;
  }

  get sent(): readonly Sent[] {
    return this.#sent;
  }

  /**
   * Sends messages one after the other, and returns where they lie. Throws the client's error when the broker refuses one.
   */
  async send(
    messages: readonly ForeignMessage[],
    { compression, transaction }: SendOptions = {},
  ): Promise<readonly Sent[]> {
    if (transaction !== undefined) return this.transactions([{ messages, end: transaction }], compression);
    return this.#with({ compression }, async (producer) => {
      const sent: Sent[] = [];
      for (const message of messages) sent.push(await this.#sendOne(message, (one) => producer.send(one)));
      return sent;
    });
  }

  /** Sends several transactions of one producer, one after the other. */
  async transactions(
    all: readonly { readonly messages: readonly ForeignMessage[]; readonly end: 'commit' | 'abort' }[],
    compression?: CompressionAlgorithmValue,
  ): Promise<readonly Sent[]> {
    return this.#with({ compression, transactional: true }, async (producer) => {
      const sent: Sent[] = [];
      for (const { messages, end } of all) {
        const transaction = await producer.beginTransaction();
        for (const message of messages)
          sent.push(await this.#sendOne(message, (one) => transaction.send(one)));
        await (end === 'commit' ? transaction.commit() : transaction.abort());
      }
      return sent;
    });
  }

  /** Sends messages in a transaction that is open until `use` ends, and aborted then. */
  async openTransaction<T>(messages: readonly ForeignMessage[], use: () => Promise<T>): Promise<T> {
    return this.#with({ transactional: true }, async (producer) => {
      const transaction = await producer.beginTransaction();
      try {
        for (const message of messages) await this.#sendOne(message, (one) => transaction.send(one));
        return await use();
      } finally {
        await transaction.abort();
      }
    });
  }

  async #sendOne(
    { topic, partition, key, value, headers = [], fate, number }: ForeignMessage,
    send: (options: Parameters<RawProducer['send']>[0]) => ReturnType<RawProducer['send']>,
  ): Promise<Sent> {
    const id = randomUUID();
    // The type knows no absent value, which the client writes all the same.
    const all = [...headers, [bytes(ID_HEADER), bytes(id)]] as [Buffer, Buffer][];
    const record = {
      topic,
      key,
      value,
      headers: new Map(all),
      ...(partition === undefined ? {} : { partition }),
    };
    const { offsets = [] } = await send({ messages: [record] });
    const at = offsets[0]!;
    const sent = { id, fate, number, place: `${topic} ${at.partition}`, offset: at.offset };
    this.#sent.push(sent);
    return sent;
  }

  async #with<T>(
    options: { readonly compression?: CompressionAlgorithmValue | undefined; readonly transactional?: true },
    use: (producer: RawProducer) => Promise<T>,
  ): Promise<T> {
    const { compression, transactional } = options;
    const producer: RawProducer = new Producer({
      clientId: 'foreign',
      bootstrapBrokers: this.#brokers.split(','),
      acks: -1,
      retries: 10,
      retryDelay: 500,
      ...(compression === undefined ? {} : { compression }),
      // The time-out is that of the transaction, too.
      ...(transactional
        ? { idempotent: true, transactionalId: `foreign-${randomUUID()}`, timeout: 120_000 }
        : {}),
    });
    try {
      return await use(producer);
    } finally {
      await producer.close(true).catch(() => undefined);
    }
  }
}
