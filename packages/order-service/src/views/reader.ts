import { hash } from 'node:crypto';
import type { OrderSnapshot } from '@ordershard/order-events';
import { InvalidReaderTokenError } from './errors.ts';
import type { OrderVersion, OwnerOfOrders, ViewClock } from './order-views.ts';
import { decodeReaderToken, encodeReaderToken, MOST_ORDERS, type SeenOrder } from './reader-token.ts';

/** How many tokens a reader may send, each with what the others do not say. */
export const MOST_TOKENS = 8;

/** How many orders are remembered that were seen in views, which a time tells as well as long as the views are the same. */
const MOST_IN_VIEWS = 4;

/** One that reads, and must not be shown less than it has seen. */
export class Reader {
  /** How far it has seen the views. */
  readonly clock: ViewClock = { time: 0n };
  /** The last one seen at the end. */
  readonly #orders = new Map<bigint, SeenOrder>();

  /**
   * The reader that sends these tokens, with commas between them.
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

  /** The version at which it has seen an order; 0 for none. */
  versionOf(number: bigint): number {
    return this.#orders.get(number)?.version ?? 0;
  }

  /** What it has seen last of orders on shards, which views may not have: of those of an owner, or of all. */
  ahead(owner?: OwnerOfOrders): readonly OrderVersion[] {
    const isTheirs = owner === undefined ? () => true : ownedBy(owner);
    const seen = [...this.#orders.values()].filter((order) => order.owners !== undefined && isTheirs(order));
    return seen.slice(-MOST_ORDERS);
  }

  /** It is shown an order as its shard has it. */
  sawOnShard({ number, version, memberId, shopId }: Seeable): void {
    const owners = { member: fingerprint(memberId), shop: fingerprint(shopId) };
    this.#saw({ number: BigInt(number), version, owners });
  }

  /** It is shown an order that the views have, at this version or a later one. */
  sawInViews({ number, version }: OrderVersion): void {
    this.#saw({ number, version });
  }

  /** The token of what it has seen. */
  get token(): string {
    return encodeReaderToken({ time: this.clock.time, orders: this.#kept() });
  }

  #saw(order: SeenOrder): void {
    const { number, version, owners } = order;
    const known = this.#orders.get(number);
    // Of one version, the word that views have it is the later one.
    const isNews =
      known === undefined || version > known.version || (version === known.version && owners === undefined);
    this.#orders.delete(number);
    this.#orders.set(number, isNews ? order : known);
  }

  /** Those that a token has room for: the last ones, and few of those that views have. */
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
