/** What a member asks for, with the prices that the shop registered. Amounts in minor units. */
export interface Basket {
  readonly memberId: string;
  readonly shopId: string;
  readonly items: readonly { readonly menuId: string; readonly quantity: number }[];
  readonly total: bigint;
  readonly note?: string | undefined;
  readonly deliveryAddress?: Address | undefined;
}

export interface Address {
  readonly line1: string;
  readonly line2?: string | undefined;
  readonly city?: string | undefined;
  readonly postalCode?: string | undefined;
}

export interface Shop {
  readonly shopId: string;
  readonly name: string;
  readonly currency: string;
  readonly menus: readonly Menu[];
}

export interface Menu {
  readonly menuId: string;
  readonly name: string;
  /** Minor units of the shop's currency. */
  readonly price: bigint;
}

/** The largest amount that a signed 64-bit column holds. */
export const LARGEST_AMOUNT = 2n ** 63n - 1n;
