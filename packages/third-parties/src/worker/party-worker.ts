import { isOrderNumber, type OrderEventType } from '@ordershard/order-events';
import type { Logger } from '@ordershard/process';
import type { EventHandler } from '../events/order-events.ts';
import type { PartyName } from '../ports/third-party.ts';
import { react, type Reaction, type ReactionParts } from '../reactions/react.ts';
import { KeyedWork } from './keyed-work.ts';

/** The events after which an order may need something of each third party. */
const EVENTS: Readonly<Record<PartyName, readonly OrderEventType[]>> = {
  payment: ['order.created', 'order.cancelled', 'order.refunded'],
  shop: ['order.paid', 'order.cancelled'],
  delivery: ['order.prepared', 'order.cancelled'],
};

/** The most looks at orders under way at once, for each third party. */
const AT_ONCE = 64;

/** The most orders that one third party may hold up in memory: some 10 MB. Further events wait in Kafka. */
const MOST = 20_000;

/** When this many orders wait, a hint is dropped: the scheduled check looks at its order later. */
const MOST_HINTED = MOST / 2;

/** What a worker has done for one third party since it started. */
export interface PartyCounts {
  readonly looks: number;
  readonly commands: number;
  readonly failures: number;
  /** Orders that the worker gave up on, until it looks at them again. */
  readonly refused: number;
}

/** Works for one third party, apart from the others: so a third party that is down holds up none of the others. */
export class PartyWorker implements EventHandler {
  readonly party: PartyName;
  readonly #parts: ReactionParts;
  readonly #log: Logger;
  readonly #work: KeyedWork;
  #counts: PartyCounts = { looks: 0, commands: 0, failures: 0, refused: 0 };

  constructor(party: PartyName, parts: ReactionParts, log: Logger) {
    this.party = party;
    this.#parts = parts;
    this.#log = log;
    this.#work = new KeyedWork({
      work: (key) => this.look(BigInt(key)),
      isRetryable,
      failed: (key, error, failures) => this.#failed(key, error, failures),
      atOnce: AT_ONCE,
      most: MOST,
    });
  }

  get counts(): PartyCounts & { readonly orders: number } {
    return { ...this.#counts, orders: this.#work.size };
  }

  room(): Promise<void> {
    return this.#work.room();
  }

  take(key: string, type: string, done: () => void): void {
    if (key !== '0' && isOrderNumber(key) && (EVENTS[this.party] as readonly string[]).includes(type))
      this.#work.add(key, done);
    else done();
  }

  /** Called when something about an order may have changed. Returns false when the worker cannot look now. */
  hint(number: bigint): boolean {
    if (this.#work.size >= MOST_HINTED) return false;
    this.#work.add(number.toString());
    return true;
  }

  /** Looks at an order at once. @throws what {@link react} throws */
  async look(number: bigint): Promise<Reaction> {
    this.#count({ looks: 1 });
    const reaction = await react(this.#parts, this.party, number);
    this.#count({ commands: reaction.commands.length });
    if (reaction.commands.length > 0)
      this.#log.debug(
        { party: this.party, number: number.toString(), commands: reaction.commands },
        'went on',
      );
    return reaction;
  }

  stop(): void {
    this.#work.stop();
  }

  #failed(key: string, error: unknown, failures: number): void {
    this.#count({ failures: 1 });
    if (!isRetryable(error)) {
      this.#count({ refused: 1 });
      this.#log.error({ err: error, party: this.party, number: key }, 'an order was set aside');
    } else if (failures === 0) {
      this.#log.debug({ party: this.party, number: key, reason: (error as Error).message }, 'is tried again');
    }
  }

  #count(more: Partial<PartyCounts>): void {
    const { looks, commands, failures, refused } = this.#counts;
    this.#counts = {
      looks: looks + (more.looks ?? 0),
      commands: commands + (more.commands ?? 0),
      failures: failures + (more.failures ?? 0),
      refused: refused + (more.refused ?? 0),
    };
  }
}

/** Whether to try again. That includes an unknown outcome: the next look at the order finds it out. */
function isRetryable(error: unknown): boolean {
  const { retryable, code } = error as { retryable?: unknown; code?: unknown };
  return retryable === true || code === 'ROUTER_UNKNOWN_OUTCOME';
}
