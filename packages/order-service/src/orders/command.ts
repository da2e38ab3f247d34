import type { Actor, DeliveryAddress } from '@ordershard/order-events';

/** A line as the caller asks for it, with the name and price from the shop's menu. Price in minor units. */
export interface PricedLine {
  readonly menuId: string;
  readonly name: string;
  readonly unitPrice: bigint;
  readonly quantity: number;
}

export interface PlaceOrder {
  readonly type: 'place';
  readonly by: Actor;
  readonly number: bigint;
  readonly memberId: string;
  readonly shop: { readonly shopId: string; readonly name: string; readonly currency: string };
  readonly lines: readonly PricedLine[];
  readonly deliveryAddress?: DeliveryAddress | undefined;
  readonly note?: string | undefined;
  /** What the caller thinks that the order costs, in minor units. */
  readonly expectedTotal?: bigint | undefined;
}

/** The commands that take an order one step along its way. */
export const STEPS = ['pay', 'accept', 'cook', 'ready', 'dispatch', 'pickup', 'deliver'] as const;

/** The commands that end an order early, or undo it. */
export const ENDINGS = ['cancel', 'refund'] as const;

export type Step = (typeof STEPS)[number];

export type EndingType = (typeof ENDINGS)[number];

export interface AdvanceOrder {
  readonly type: Step;
  readonly by: Actor;
}

export interface EndOrder {
  readonly type: EndingType;
  readonly by: Actor;
  readonly reason: string;
}

/** Removes the personal data of its member from an order. It is no command of the API: members are erased as a whole. */
export interface EraseOrder {
  readonly type: 'erase';
  readonly by: Actor;
}

/** A command for an order that exists. */
export type ChangeOrder = AdvanceOrder | EndOrder | EraseOrder;

export type OrderCommand = PlaceOrder | ChangeOrder;
