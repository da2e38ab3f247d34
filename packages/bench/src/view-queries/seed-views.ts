import { ORDER_STATUSES } from '@ordershard/order-events';
import type { OrderView } from '@ordershard/read-model';
import { encodeNumber } from '@ordershard/shard-router';

const MEMBERS = 20;
const SHOPS = 5;

const MINUTE_MS = 60_000;

/**
 * Views of orders placed a minute apart up to now, of every member, shop and state alike; the newest last. So many that
 * a wrong index costs more than the right one, as the server's planner sees it.
 */
export function seedViews(count: number): OrderView[] {
  const first = Date.now() - count * MINUTE_MS;
  return Array.from({ length: count }, (_, n) => {
    const placedAt = new Date(first + n * MINUTE_MS);
    // Each state in turn for one member, then for the next, so that everyone has orders of every state.
    const round = Math.floor(n / ORDER_STATUSES.length);
    const status = ORDER_STATUSES[n % ORDER_STATUSES.length]!;
    return {
      _id: encodeNumber({ timeMs: placedAt.getTime(), worker: 1, sequence: 0 }),
      version: 1,
      status,
      memberId: `m-${round % MEMBERS}`,
      shopId: `s-${round % SHOPS}`,
      shopName: 'shop',
      currency: 'KRW',
      total: 4_500n,
      items: [{ line: 1, menuId: 'rice', name: 'Rice', unitPrice: 4_500n, quantity: 1, amount: 4_500n }],
      timeline: [{ status, at: placedAt }],
      placedAt,
      updatedAt: new Date(placedAt.getTime() + MINUTE_MS / 2),
    };
  });
}
