import { randomUUID } from 'node:crypto';
import { within } from '@ordershard/process';
import { BusClosedError, BusUnavailableError, InvalidEventError, OwnHandlerError } from './errors.ts';
import { type BusAddress, busId, EVERYONE, isDestination } from './events/address.ts';
import { type BusEvent, encodeEvent } from './events/envelope.ts';
import type { RemoteEvent } from './events/remote-event.ts';
import { Reader } from './kafka/reader.ts';
import { Sender } from './kafka/sender.ts';
import { ensureBusTopic } from './kafka/topic.ts';
import { anonymousGroup } from './monitoring/anonymous-groups.ts';
import { type Handler, type ReceiveCounts, Receiver } from './receive/receiver.ts';

/** The default topic of a bus. */
export const BUS_TOPIC = 'ordershard.bus';

/** The most bytes of an event. It says that something changed; the change itself is elsewhere. */
const MAX_BYTES = 65_536;

/** Where a bus writes what an operator should know; a pino logger is one. */
export interface BusLog {
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
}

/** Time limits, milliseconds. */
export interface BusLimits {
  /** How long joining may take. */
  readonly join: number;
  /** How long Kafka may take for an event to be published. */
  readonly send: number;
  /** How long a handler may take for an event. */
  readonly handler: number;
}

export const DEFAULT_BUS_LIMITS: BusLimits = { join: 15_000, send: 5_000, handler: 10_000 };

export interface EventBusOptions extends BusAddress {
  readonly brokers: readonly string[];
  /** The types that this instance knows. It passes over events of other types. */
  readonly events: readonly RemoteEvent<unknown>[];
  /** Default {@link BUS_TOPIC}. The bus makes it when it is missing. */
  readonly topic?: string;
  /** Copies of the topic, where it has to be made; default 1. */
  readonly replication?: number;
  /** How many events before the end of the topic to look through for states on joining; default 1,000. */
  readonly readBack?: number;
  /** Limits that differ from {@link DEFAULT_BUS_LIMITS}. */
  readonly limits?: Partial<BusLimits>;
  readonly log?: BusLog;
}

/** Counts of messages by what became of them, and of failed calls of handlers. */
export interface BusCounts extends ReceiveCounts {
  /** Calls of handlers that threw or took too long. The handlers do not get the event again. */
  readonly handlerFailures: number;
}

/** Options of {@link EventBus.publish}. */
export interface PublishOptions {
  /** Who acts on the event: `server`, `server:id`, or `**` for all, which is the default. */
  readonly to?: string;
}

/**
 * Tells other instances what happened, and receives what they tell. Every instance reads every event, and acts on those that
 * are meant for it.
 */
export class EventBus {
  /** `server:id`. */
  readonly id: string;
  /** The consumer group of this run. */
  readonly groupId: string;
  readonly #options: EventBusOptions;
  readonly #run = randomUUID();
  readonly #limits: BusLimits;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  readonly #stopping = new AbortController();
  readonly #publishing = new Set<Promise<void>>();
  #reading: Promise<void> | undefined;
  #closing: Promise<void> | undefined;
  #problem: string | undefined = 'not joined yet';
  #handlerFailures = 0;

  /** Use {@link connectEventBus}. */
  constructor(options: EventBusOptions) {
    this.id = busId(options);
    this.groupId = anonymousGroup(this.#run);
    this.#options = options;
    this.#limits = { ...DEFAULT_BUS_LIMITS, ...options.limits };
    this.#receiver = new Receiver({
      address: options,
      run: this.#run,
      events: options.events,
      handlerLimitMs: this.#limits.handler,
      handlerFailed: (event, error) => {
        this.#handlerFailures += 1;
        options.log?.warn({ err: error, type: event.type, event: event.id }, 'a handler of an event failed');
      },
    });
    this.#sender = new Sender({ ...this.#access, topic: this.#topic, limitMs: this.#limits.send });
  }

  /** Joins, as {@link connectEventBus} says. */
  async join(): Promise<void> {
    await ensureBusTopic(this.#access, this.#topic, this.#options.replication ?? 1);
    const { join } = this.#limits;
    const { promise: joined, resolve } = Promise.withResolvers<void>();
    const reader = new Reader(
      {
        ...this.#access,
        topic: this.#topic,
        groupId: this.groupId,
        readBack: this.#options.readBack ?? 1_000,
      },
      {
        message: async (value, past) => {
          this.#receiver.receive(value, past);
          // While handlers are slow, messages wait in Kafka, not in memory.
          await this.#receiver.idle();
        },
        caughtUp: () => {
          this.#receiver.caughtUp();
          if (this.#problem !== undefined)
            this.#options.log?.info({ topic: this.#topic, bus: this.id }, 'joined the bus');
          this.#problem = undefined;
          resolve();
        },
        failed: (reason) => {
          if (this.#problem === undefined)
            this.#options.log?.warn({ reason }, 'the bus cannot be read; it is tried again');
          this.#problem = reason;
        },
      },
    );
    this.#reading = reader.run(this.#stopping.signal);
    try {
      await within(join, 'joining', () => joined);
    } catch (cause) {
      throw new BusUnavailableError(`${this.#topic} was not joined: ${this.#problem ?? 'too slow'}`, {
        cause,
      });
    }
  }

  /** Why the bus cannot read events at the moment; undefined when it can. It reads later what it misses now. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get counts(): BusCounts {
    return { ...this.#receiver.counts, handlerFailures: this.#handlerFailures };
  }

  /**
   * Calls a handler for each event of a type, one event after the other. First calls it with the last known state of each
   * key, so that a handler may be registered late. An event counts as acted on even when its handlers fail.
   *
   * @returns a function that removes the handler
   * @throws InvalidEventError for a type that is not among the bus's `events`
   * @throws BusClosedError
   */
  on<Body>(event: RemoteEvent<Body>, handler: Handler<Body>): () => void {
    this.#check(event);
    return this.#receiver.on(event.type, handler as Handler<unknown>);
  }

  /**
   * Calls this instance's own handlers, if the event is meant for it too. Then sends the event to the others. Resolves when
   * Kafka has it.
   *
   * @throws InvalidEventError when the body does not pass its schema, the type or the destination is invalid, or the event is
   * too large. Nothing was done
   * @throws OwnHandlerError when a handler of this instance failed or took too long. Nothing was sent
   * @throws EventNotSentError when Kafka did not take the event within the limit; it may be in the topic all the same
   * @throws BusClosedError
   */
  async publish<Body>(
    type: RemoteEvent<Body>,
    body: Body,
    { to = EVERYONE }: PublishOptions = {},
  ): Promise<void> {
    this.#check(type);
    const event = this.#eventOf(type, body, to);
    const value = encodeEvent(event);
    if (Buffer.byteLength(value) > MAX_BYTES)
      throw new InvalidEventError(`an event of ${type.type} is larger than ${MAX_BYTES} bytes`);
    const publishing = this.#publish(event, value);
    this.#publishing.add(publishing);
    try {
      await publishing;
    } finally {
      this.#publishing.delete(publishing);
    }
  }

  /** Finishes the work under way, leaves the group and closes the connections. Each wait in it has a limit. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    await this.#reading;
    await Promise.allSettled(this.#publishing);
    await this.#receiver.close();
    await this.#sender.close();
    this.#problem = 'closed';
  }

  async #publish(event: BusEvent, value: string): Promise<void> {
    try {
      await this.#receiver.actFirst(event);
    } catch (cause) {
      throw new OwnHandlerError(`a handler of this instance failed for ${event.type}; nothing was sent`, {
        cause,
      });
    }
    await this.#sender.send(event.subject ?? event.type, value);
  }

  #eventOf<Body>(type: RemoteEvent<Body>, body: Body, destination: string): BusEvent {
    if (!isDestination(destination)) throw new InvalidEventError(`"${destination}" is no destination`);
    // Check the body as the others will read it, not as it is here: JSON has no dates and no bigints.
    const data = throughJson(type.type, body);
    const parsed = type.parse(data);
    if (parsed === undefined) throw new InvalidEventError(`a body of ${type.type} does not pass its schema`);
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: this.id,
      type: type.type,
      time: new Date().toISOString(),
      subject: type.stateKey(parsed.body),
      destination,
      sender: this.#run,
      data,
    };
  }

  #check(event: { readonly type: string }): void {
    if (this.#closing !== undefined) throw new BusClosedError('the bus is closed');
    if (!this.#receiver.knows(event.type))
      throw new InvalidEventError(`the bus was not told of events of type ${event.type}`);
  }

  get #topic(): string {
    return this.#options.topic ?? BUS_TOPIC;
  }

  get #access() {
    return {
      brokers: this.#options.brokers,
      clientId: `ordershard-bus-${this.#options.server}-${this.#options.id}`,
    };
  }
}

/** Returns a body as it is read after it was written as JSON. */
function throughJson(type: string, body: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(body) ?? 'null');
  } catch (cause) {
    throw new InvalidEventError(`a body of ${type} cannot be written as JSON`, { cause });
  }
}

/**
 * Joins a bus: makes sure that its topic exists, and reads it from its end on. Of state-like events that were published
 * before, handlers get the last one of each key when they are registered.
 *
 * When a broker goes away later, the bus waits for it, and then reads what was published in that time.
 *
 * @example
 * const bus = await connectEventBus({ brokers, server: 'order-service', id: 'a-1', events: [rulesChanged] });
 * bus.on(rulesChanged, ({ set }) => rules.reload(set));
 * await bus.publish(rulesChanged, { set: 'fees' }, { to: 'order-service' });
 *
 * @throws InvalidEventError when server or id is no name
 * @throws BusTopicError when the topic has more than one partition
 * @throws BusUnavailableError when Kafka cannot be reached
 */
export async function connectEventBus(options: EventBusOptions): Promise<EventBus> {
  const bus = new EventBus(options);
  try {
    await bus.join();
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}
