import { setTimeout as delay } from 'node:timers/promises';
import type { OrderVersion, OrderViews, OwnerOfOrders, ViewClock } from './order-views.ts';

/** The pauses between two looks. They grow, so that a long wait costs little. Milliseconds. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 50;

/**
 * Waits, for at most `waitMs` milliseconds, until the views of all orders in `wanted` are at their versions and, if `owner`
 * is given, belong to that owner. Returns the orders whose views do not.
 *
 * @throws ViewsUnavailableError, ViewsBehindReaderError
 */
export async function awaitViews(
  views: Pick<OrderViews, 'behind'>,
  wanted: readonly OrderVersion[],
  waitMs: number,
  owner?: OwnerOfOrders,
  clock?: ViewClock,
): Promise<readonly OrderVersion[]> {
  const end = performance.now() + waitMs;
  for (let left = wanted, pause = FIRST_PAUSE_MS; ;) {
    if (left.length > 0) left = await views.behind(left, owner, clock);
    const now = performance.now();
    if (left.length === 0 || now >= end) return left;
    await delay(Math.min(pause, end - now));
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}
