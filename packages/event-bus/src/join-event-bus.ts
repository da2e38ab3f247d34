import { setTimeout as sleep } from 'node:timers/promises';
import { BusClosedError, BusUnavailableError, EventBusError } from './errors.ts';
import { connectEventBus, type EventBus, type EventBusOptions, type PublishOptions } from './event-bus.ts';
import { busId } from './events/address.ts';
import type { RemoteEvent } from './events/remote-event.ts';
import type { Handler } from './receive/receiver.ts';

/** The first pause before joining is tried again, and the longest. Milliseconds. */
const AGAIN_MS = { first: 500, longest: 15_000 } as const;

/** A place on a bus. The process takes it as soon as the bus can be reached. */
export interface BusMember {
  /** Why the bus cannot be read at the moment; undefined when it can. */
  readonly problem: string | undefined;
  /** Calls a handler for each event of a type once the bus is joined; see {@link EventBus.on}. */
  on<Body>(event: RemoteEvent<Body>, handler: Handler<Body>): () => void;
  /**
   * See {@link EventBus.publish}.
   *
   * @throws BusUnavailableError while the bus is not joined. Nothing was done
   */
  publish<Body>(event: RemoteEvent<Body>, body: Body, options?: PublishOptions): Promise<void>;
  close(): Promise<void>;
}

/**
 * Joins a bus in the background, and tries again as long as the bus cannot be reached. For a process that has to start and to
 * serve without the bus.
 *
 * @throws InvalidEventError when server or id is no name
 */
export function joinEventBus(options: EventBusOptions): BusMember {
  busId(options);
  return new BackgroundMember(options);
}

class BackgroundMember implements BusMember {
  readonly #options: EventBusOptions;
  readonly #stopping = new AbortController();
  readonly #registrations = new Set<Registration>();
  readonly #joining: Promise<void>;
  #bus: EventBus | undefined;
  #problem: string | undefined = 'not joined yet';

  constructor(options: EventBusOptions) {
    this.#options = options;
    this.#joining = this.#join();
  }

  get problem(): string | undefined {
    return this.#bus === undefined ? this.#problem : this.#bus.problem;
  }

  on<Body>(event: RemoteEvent<Body>, handler: Handler<Body>): () => void {
    if (this.#stopping.signal.aborted) throw new BusClosedError('the bus is closed');
    const registration = new Registration((bus) => bus.on(event, handler));
    this.#registrations.add(registration);
    if (this.#bus !== undefined) registration.begin(this.#bus);
    return () => {
      this.#registrations.delete(registration);
      registration.end();
    };
  }

  async publish<Body>(event: RemoteEvent<Body>, body: Body, options?: PublishOptions): Promise<void> {
    if (this.#stopping.signal.aborted) throw new BusClosedError('the bus is closed');
    if (this.#bus === undefined) throw new BusUnavailableError(`the bus is not joined: ${this.#problem}`);
    await this.#bus.publish(event, body, options);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#joining;
    await this.#bus?.close();
  }

  async #join(): Promise<void> {
    const { signal } = this.#stopping;
    for (let pauseMs: number = AGAIN_MS.first; !signal.aborted; pauseMs *= 2) {
      try {
        const bus = await connectEventBus(this.#options);
        this.#bus = bus;
        for (const registration of this.#registrations) registration.begin(bus);
        return;
      } catch (error) {
        this.#problem = (error as Error).message;
        this.#options.log?.warn({ reason: this.#problem }, 'the bus was not joined');
        // An error that is not retryable stays: a topic that cannot be a bus does not become one.
        if (error instanceof EventBusError && !error.retryable) return;
      }
      await sleep(Math.min(pauseMs, AGAIN_MS.longest), undefined, { signal }).catch(() => undefined);
    }
  }
}

/** A handler that waits for the bus. */
class Registration {
  readonly #register: (bus: EventBus) => () => void;
  #ended = false;
  #unregister: (() => void) | undefined;

  constructor(register: (bus: EventBus) => () => void) {
    this.#register = register;
  }

  begin(bus: EventBus): void {
    if (!this.#ended) this.#unregister = this.#register(bus);
  }

  end(): void {
    this.#ended = true;
    this.#unregister?.();
  }
}
