import { type Basket, LARGEST_AMOUNT, type Shop } from '../plan/order.ts';
import type { InputOrder, Refusal } from './input-order.ts';

interface KnownShop {
  readonly name: string;
  readonly currency: string;
  readonly menus: Map<string, { readonly name: string; readonly price: bigint }>;
}

const DEFAULT_CURRENCY = 'KRW';

/** The shops and menus that an input file's orders name, with the first price that the file gives for each menu. */
export class InputCatalogue {
  readonly #shops = new Map<string, KnownShop>();

  /**
   * Adds what an order says about its shop. If that contradicts earlier orders, adds nothing and returns why the order cannot
   * be used.
   */
  admit(order: InputOrder): Refusal | undefined {
    const known = this.#shops.get(order.shopId);
    const currency = known?.currency ?? order.currency ?? DEFAULT_CURRENCY;
    if (order.currency !== undefined && order.currency !== currency) {
      return {
        reason: `currency ${order.currency}, but an earlier order of shop ${order.shopId} has ${currency}`,
      };
    }
    const added = new Map<string, { name: string; price: bigint }>();
    let total = 0n;
    for (const [item, { menuId, name, price, quantity }] of order.items.entries()) {
      const before = known?.menus.get(menuId) ?? added.get(menuId);
      if (before === undefined && price === undefined) {
        return {
          reason: `items[${item}]: price is missing, and no earlier order tells that of menu ${menuId}`,
          item,
        };
      }
      if (before !== undefined && price !== undefined && before.price !== price) {
        return {
          reason: `items[${item}]: price ${price}, but menu ${menuId} cost ${before.price} earlier in the file`,
          item,
        };
      }
      const menu = before ?? { name: name ?? menuId, price: price! };
      if (before === undefined) added.set(menuId, menu);
      total += menu.price * BigInt(quantity);
      if (total > LARGEST_AMOUNT) return { reason: 'the total does not fit into 64 bits', item };
    }
    const shop = known ?? { name: order.shopName ?? order.shopId, currency, menus: new Map() };
    for (const [menuId, menu] of added) shop.menus.set(menuId, menu);
    this.#shops.set(order.shopId, shop);
    return undefined;
  }

  /** Returns what an admitted order asks for, and what it costs. */
  basketOf({ memberId, shopId, items, note, deliveryAddress }: InputOrder): Basket {
    const menus = this.#shops.get(shopId)?.menus;
    return {
      memberId,
      shopId,
      items: items.map(({ menuId, quantity }) => ({ menuId, quantity })),
      total: items.reduce(
        (sum, { menuId, quantity }) => sum + (menus?.get(menuId)?.price ?? 0n) * BigInt(quantity),
        0n,
      ),
      note,
      deliveryAddress,
    };
  }

  /** The shops to register. */
  *shops(): Generator<Shop> {
    for (const [shopId, { name, currency, menus }] of this.#shops) {
      yield { shopId, name, currency, menus: [...menus].map(([menuId, menu]) => ({ menuId, ...menu })) };
    }
  }
}
