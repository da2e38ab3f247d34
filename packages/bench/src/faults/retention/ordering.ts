import type { OrderRequest, placeOrder } from '@ordershard/order-service';
import type { ShardRouter } from '@ordershard/shard-router';

/** Who asks, in these runs. */
export const CALLER = { role: 'service', subject: 'faults' } as const;

export const REQUEST: OrderRequest = {
  memberId: 'm-1',
  shopId: 's-1',
  items: [{ menuId: 'm-1', quantity: 1 }],
};

const SHOP = {
  shopId: 's-1',
  name: 'Seoul Kitchen',
  currency: 'KRW',
  revision: 1n,
  menus: new Map([['m-1', { menuId: 'm-1', name: 'Bibimbap', price: 12_000n }]]),
};

/** What the order service's commands work on, with a catalogue of one shop. */
export function partsOf(router: ShardRouter): Parameters<typeof placeOrder>[0] {
  return {
    router,
    source: '/ordershard/faults/orders',
    now: () => new Date(),
    catalogue: {
      findShop: () => Promise.resolve(SHOP),
      putShop: () => Promise.reject(new Error('no shops')),
    },
  } as unknown as Parameters<typeof placeOrder>[0];
}
