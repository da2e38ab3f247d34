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
  /** Stands for this demand and no other, for good: {@link demandKey}. */
  readonly key: string;
  /** Of the order; decimal text. */
  readonly number: string;
  readonly shopId: string;
  /** Minor units of `currency`, decimal text. */
  readonly amount: string;
  /** ISO 4217. */
  readonly currency: string;
  /** Where the third party may tell of changes; undefined when it is to be asked. */
  readonly callbackUrl?: string | undefined;
}

/**
 * A third party, as the worker needs it. Whatever is asked for a second time under the same key has one effect and one
 * answer, so that a lost answer is asked for again, and never guessed.
 *
 * Every method throws ThirdPartyUnavailableError when it may be tried again, with its outcome unknown, and
 * ThirdPartyRefusedError when that is of no use.
 */
export interface ThirdParty<Name extends PartyName = PartyName> {
  readonly name: Name;
  /** Asks for it. */
  request(demand: Demand): Promise<Report<Name>>;
  /** What has become of it; undefined when the third party says that it knows of none, which need not be so. */
  ask(key: string): Promise<Report<Name> | undefined>;
  /**
   * Takes it back as far as it goes: what was not done is not done any more, even if it is asked for later; what was
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

/** The key of what an order needs of a third party; each is needed once in its life. */
export function demandKey(clusterId: string, number: bigint): string {
  return `${clusterId}-${number}`;
}

/** The order number in a key; undefined for one that is of another cluster, or none. */
export function numberOfKey(clusterId: string, key: string): bigint | undefined {
  const prefix = `${clusterId}-`;
  const text = key.slice(prefix.length);
  return key.startsWith(prefix) && text !== '0' && isOrderNumber(text) ? BigInt(text) : undefined;
}
