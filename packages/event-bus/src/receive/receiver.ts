import { within } from '@ordershard/process';
import { type BusAddress, isMeantFor } from '../events/address.ts';
import { type BusEvent, decodeEvent } from '../events/envelope.ts';
import type { RemoteEvent } from '../events/remote-event.ts';
import { LastStates } from './last-states.ts';
import { SeenIds } from './seen-ids.ts';

/** How many ids to remember. Kafka repeats a message that its producer sent again, seconds later at the most. */
const SEEN_IDS = 10_000;

/** How many states to keep for handlers that are registered later. */
const STATES = 1_000;

/** Receives the body of an event, and the event. May be called again while a call is still under way. */
export type Handler<Body> = (body: Body, event: BusEvent) => void | Promise<void>;

/** Messages by what became of them. Each is counted once. */
export interface ReceiveCounts {
  /** Events that were given to the handlers. */
  readonly acted: number;
  /** Came back to their publisher. */
  readonly own: number;
  /** Delivered before. */
  readonly duplicate: number;
  /** Meant for others. */
  readonly elsewhere: number;
  /** Of a type that this instance does not know. */
  readonly unknownType: number;
  /** No events, or with a body that does not pass. */
  readonly invalid: number;
  /** Published before this instance joined, and not the last of a state. */
  readonly past: number;
}

export interface ReceiverOptions {
  readonly address: BusAddress;
  /** This run of the instance, as its own events name it. */
  readonly run: string;
  /** The types that this instance knows. */
  readonly events: readonly RemoteEvent<unknown>[];
  /** How long a handler may take, milliseconds. */
  readonly handlerLimitMs: number;
  /** Called for each handler that threw or took too long. */
  readonly handlerFailed: (event: BusEvent, error: unknown) => void;
}

/** Decides on which events an instance acts, and calls its handlers with them, one event after the other. */
export class Receiver {
  readonly #options: ReceiverOptions;
  readonly #types: ReadonlyMap<string, RemoteEvent<unknown>>;
  readonly #handlers = new Map<string, Set<Handler<unknown>>>();
  readonly #seen = new SeenIds(SEEN_IDS);
  /** States that were acted on, for handlers that are registered later. */
  readonly #states = new LastStates(STATES);
  /** States from the time before joining. */
  readonly #past = new LastStates(STATES);
  readonly #counts = {
    acted: 0,
    own: 0,
    duplicate: 0,
    elsewhere: 0,
    unknownType: 0,
    invalid: 0,
    past: 0,
  };
  #tail: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: ReceiverOptions) {
    this.#options = options;
    this.#types = new Map(options.events.map((event) => [event.type, event]));
  }

  get counts(): ReceiveCounts {
    return { ...this.#counts };
  }

  knows(type: string): boolean {
    return this.#types.has(type);
  }

  /**
   * Calls a handler with events of a type from now on, and first with the last state of each key.
   *
   * @returns a function that removes the handler
   */
  on(type: string, handler: Handler<unknown>): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers);
    // A function of its own for each call, so that one handler may be registered twice.
    const own: Handler<unknown> = (body, event) => handler(body, event);
    handlers.add(own);
    for (const event of this.#states.all()) {
      if (event.type !== type) continue;
      this.#enqueue(async () => {
        if (handlers.has(own)) await this.#call([own], event);
      });
    }
    return () => {
      handlers.delete(own);
    };
  }

  /**
   * Acts on an event of this instance before it is sent. Remembers the event, even when a handler fails.
   *
   * @throws what a handler threw
   */
  async actFirst(event: BusEvent): Promise<void> {
    this.#seen.add(event.id);
    if (!isMeantFor(event.destination, this.#options.address)) return;
    const results = await this.#settle([...(this.#handlers.get(event.type) ?? [])], event);
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /**
   * Takes a message of the topic. Handlers are called in the background.
   *
   * @param past whether the message was sent before this instance joined. Then {@link caughtUp} acts on only the last event
   * of each state
   */
  receive(value: Buffer | undefined, past: boolean): void {
    const event = decodeEvent(value);
    const why = event === undefined ? 'invalid' : this.#unfit(event);
    if (event === undefined || why !== undefined) {
      this.#counts[why ?? 'invalid'] += 1;
      return;
    }
    if (!past) this.#act(event);
    else if (event.subject === undefined || this.#past.keep(event)) this.#counts.past += 1;
  }

  /** Acts on the states from before joining, now that all of that time is read. */
  caughtUp(): void {
    const events = this.#past.all();
    this.#past.clear();
    for (const event of events) this.#act(event);
  }

  /** Resolves when the handlers are done with all that was received so far. */
  async idle(): Promise<void> {
    await this.#tail;
  }

  /** Calls handlers with no more events, also not with those that wait. Waits for the calls under way. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.idle();
  }

  /** Returns why an event is not for this instance; undefined when it is. */
  #unfit(event: BusEvent): 'elsewhere' | 'unknownType' | 'invalid' | undefined {
    if (!isMeantFor(event.destination, this.#options.address)) return 'elsewhere';
    const type = this.#types.get(event.type);
    if (type === undefined) return 'unknownType';
    return type.parse(event.data) === undefined ? 'invalid' : undefined;
  }

  #act(event: BusEvent): void {
    const own = event.sender === this.#options.run;
    const fresh = this.#seen.add(event.id);
    if (own || fresh) this.#states.keep(event);
    const fate = own ? 'own' : fresh ? 'acted' : 'duplicate';
    this.#counts[fate] += 1;
    if (fate !== 'acted') return;
    // Only the handlers of now: a handler that is registered later gets the state from `on`.
    const now = this.#handlers.get(event.type);
    const handlers = [...(now ?? [])];
    this.#enqueue(() =>
      this.#call(
        handlers.filter((handler) => now?.has(handler)),
        event,
      ),
    );
  }

  async #call(handlers: readonly Handler<unknown>[], event: BusEvent): Promise<void> {
    for (const result of await this.#settle(handlers, event)) {
      if (result.status === 'rejected') this.#options.handlerFailed(event, result.reason);
    }
  }

  /** Calls handlers at once, each with a body of its own. */
  #settle(
    handlers: readonly Handler<unknown>[],
    event: BusEvent,
  ): Promise<readonly PromiseSettledResult<void>[]> {
    const limit = this.#options.handlerLimitMs;
    return Promise.allSettled(
      handlers.map(async (handler) => {
        const { body } = this.#types.get(event.type)!.parse(event.data)!;
        await within(limit, `a handler of ${event.type}`, async () => handler(body, event));
      }),
    );
  }

  #enqueue(work: () => Promise<void>): void {
    this.#tail = this.#tail.then(() => (this.#closed ? undefined : work()));
  }
}
