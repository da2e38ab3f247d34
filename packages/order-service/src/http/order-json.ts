import type { OrderSnapshot } from '@ordershard/order-events';
import type { Shop } from '../catalogue/catalogue.ts';
import { exactInteger } from './json.ts';

/** The API's JSON of an order: the snapshot with amounts as integers. To be written by `JSON.stringify`. */
export function orderJson(order: OrderSnapshot): object {
  return {
    ...order,
    total: exactInteger(order.total),
    items: order.items.map((item) => ({
      ...item,
      unitPrice: exactInteger(item.unitPrice),
      amount: exactInteger(item.amount),
    })),
  };
}

/** The API's JSON of a shop. */
export function shopJson({ shopId, name, currency, menus }: Shop): object {
  return {
    shopId,
    name,
    currency,
    menus: [...menus.values()].map((menu) => ({ ...menu, price: exactInteger(menu.price) })),
  };
}
