import { hash } from 'node:crypto';
import type { OrderSnapshot } from '@ordershard/order-events';
import { InvalidReaderTokenError } from './errors.ts';
import type { OrderVersion, OwnerOfOrders, ViewClock } from './order-views.ts';
import { decodeReaderToken, encodeReaderToken, MOST_ORDERS, type SeenOrder } from './reader-token.ts';

/** How many tokens a reader may send. Each may name what the others do not. */
export const MOST_TOKENS = 8;

/** How many orders seen in views a token keeps. As long as the views stay the same, the clock's time says as much. */
const MOST_IN_VIEWS = 4;

/** A reader, which must never be shown older data than it has already seen. */
export class Reader {
  /** How far it has seen the views. */
  readonly clock: ViewClock = { time: 0n };
  /** The last one seen at the end. */
  readonly #orders = new Map<bigint, SeenOrder>();

  /**
   * Returns the reader that sends these tokens, separated by commas.
   *
   * @throws InvalidReaderTokenError
   */
  static of(tokens: string | undefined): Reader {
    const reader = new Reader();
    if (tokens === undefined) return reader;
    const parts = tokens.split(',');
    if (parts.length > MOST_TOKENS) throw new InvalidReaderTokenError();
    for (const part of parts) {
      const { time, orders } = decodeReaderToken(part.trim());
      if (time > reader.clock.time) reader.clock.time = time;
      for (const order of orders) reader.#saw(order);
    }
    return reader;
  }

  /** Returns the version at which the reader has seen an order; 0 if it has not seen it. */
  versionOf(number: bigint): number {
    return this.#orders.get(number)?.version ?? 0;
  }

  /**
   * Returns the orders that the reader saw last on shards, at versions that the views may lack: those of an owner, or all.
   */
  ahead(owner?: OwnerOfOrders): readonly OrderVersion[] {
    const isTheirs = owner === undefined ? () => true : ownedBy(owner);
    const seen = [...this.#orders.values()].filter((order) => order.owners !== undefined && isTheirs(order));
    return seen.slice(-MOST_ORDERS);
  }

  /** Notes that the reader sees an order as its shard has it. */
  sawOnShard({ number, version, memberId, shopId }: Seeable): void {
    const owners = { member: fingerprint(memberId), shop: fingerprint(shopId) };
    this.#saw({ number: BigInt(number), version, owners });
  }

  /** Notes that the reader sees an order that the views have, at this version or a later one. */
  sawInViews({ number, version }: OrderVersion): void {
    this.#saw({ number, version });
  }

  /** The token that says what the reader has seen. */
  get token(): string {
    return encodeReaderToken({ time: this.clock.time, orders: this.#kept() });
  }

  #saw(order: SeenOrder): void {
    const { number, version, owners } = order;
    const known = this.#orders.get(number);
    // For the same version, the note that the views have it is the newer one.
    const isNews =
      known === undefined || version > known.version || (version === known.version && owners === undefined);
    this.#orders.delete(number);
    this.#orders.set(number, isNews ? order : known);
  }

  /** Returns the orders that a token has room for: those seen last, and only a few of those that the views have. */
  #kept(): readonly SeenOrder[] {
    let inViews = 0;
    const kept: SeenOrder[] = [];
    for (const order of [...this.#orders.values()].toReversed()) {
      if (kept.length === MOST_ORDERS) break;
      if (order.owners === undefined && (inViews += 1) > MOST_IN_VIEWS) continue;
      kept.push(order);
    }
    return kept.toReversed();
  }
}

type Seeable = Pick<OrderSnapshot, 'number' | 'version' | 'memberId' | 'shopId'>;

function ownedBy(owner: OwnerOfOrders): (order: SeenOrder) => boolean {
  if ('memberId' in owner) {
    const member = fingerprint(owner.memberId);
    return ({ owners }) => owners?.member === member;
  }
  const shop = fingerprint(owner.shopId);
  return ({ owners }) => owners?.shop === shop;
}

/** Tells ids apart in few bytes; not a secret. */
const fingerprint = (id: string) => hash('sha256', id, 'hex').slice(0, 12);
