import { isOrderNumber } from '@ordershard/order-events';

/** The systems of others that an order needs on its way. */
export const PARTIES = ['payment', 'shop', 'delivery'] as const;

export type PartyName = (typeof PARTIES)[number];

/** What a payment system says of a payment. */
export const PAYMENT_REPORTS = ['pending', 'captured', 'declined', 'voided', 'refunded'] as const;

/** What a shop says of an order that it was asked to confirm. */
export const SHOP_REPORTS = ['pending', 'accepted', 'cooking', 'ready', 'refused', 'withdrawn'] as const;

/** What a delivery system says of a delivery. */
export const DELIVERY_REPORTS = [
  'pending',
  'dispatched',
  'picked_up',
  'delivered',
  'failed',
  'withdrawn',
] as const;

export const REPORTS = {
  payment: PAYMENT_REPORTS,
  shop: SHOP_REPORTS,
  delivery: DELIVERY_REPORTS,
} as const satisfies Record<PartyName, readonly string[]>;

export type Report<Name extends PartyName> = (typeof REPORTS)[Name][number];

/** What a third party is asked for. */
export interface Demand {
  /** Stands for this demand alone, for good: {@link demandKey}. */
  readonly key: string;
  /** Of the order; decimal text. */
  readonly number: string;
  readonly shopId: string;
  /** Minor units of `currency`, decimal text. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Where the third party may report changes; undefined when the worker has to ask. */
  readonly callbackUrl?: string | undefined;
}

/**
 * A third party, as the worker needs it. Two requests under the same key have one effect and one answer. So when an answer is
 * lost, the worker asks for it again, and never guesses.
 *
 * Every method throws ThirdPartyUnavailableError when the call may be tried again, with its outcome unknown, and
 * ThirdPartyRefusedError when trying again is of no use.
 */
export interface ThirdParty<Name extends PartyName = PartyName> {
  readonly name: Name;
  /** Makes the demand. */
  request(demand: Demand): Promise<Report<Name>>;
  /**
   * Returns what has become of the demand. Undefined when the third party says that it knows of none, which may be untrue.
   */
  ask(key: string): Promise<Report<Name> | undefined>;
  /**
   * Takes the demand back as far as possible. What was not done will not be done, even if it is asked for later. What was
   * taken is given back.
   */
  withdraw(key: string): Promise<Report<Name>>;
}

/** The port of each third party. */
export type PaymentPort = ThirdParty<'payment'>;
export type ShopPort = ThirdParty<'shop'>;
export type DeliveryPort = ThirdParty<'delivery'>;

export interface Ports {
  readonly payment: PaymentPort;
  readonly shop: ShopPort;
  readonly delivery: DeliveryPort;
}

/** Returns the key of an order's demand to a third party. An order makes each demand once in its life. */
export function demandKey(clusterId: string, number: bigint): string {
  return `${clusterId}-${number}`;
}

/** Returns the order number in a key; undefined for a key of another cluster, and for a text that is no key. */
export function numberOfKey(clusterId: string, key: string): bigint | undefined {
  const prefix = `${clusterId}-`;
  const text = key.slice(prefix.length);
  return key.startsWith(prefix) && text !== '0' && isOrderNumber(text) ? BigInt(text) : undefined;
}
